"""Denoisers and autoencoders of diffusers."""

import diffusers
import torch
from core import Family, normal

SQUARES = ((1, 8, 8), (2, 8, 12))
FREE = {0: "batch", 2: "height", 3: "width"}


def when(batch):
    return torch.linspace(3, 700, batch)


def denoiser(
    name, stem, config, feeds, axes, exporters=("dynamo18", "legacy17"), fixed=None, sizes=SQUARES
):
    return Family(
        name,
        lambda: getattr(diffusers, stem)(**config),
        lambda: {f"b{b}_{h}x{w}": feeds(b, h, w) for b, h, w in sizes},
        axes,
        ("sample",),
        exporters,
        fixed=fixed or {},
    )


def sd3(b, h, w):
    return {
        "hidden_states": normal(b, 4, h, w),
        "encoder_hidden_states": normal(b, 6, 32),
        "pooled_projections": normal(b, 24),
        "timestep": when(b),
    }


def flux(b, h, w):
    image = torch.stack(
        torch.meshgrid(torch.zeros(1), torch.arange(h), torch.arange(w), indexing="ij"), -1
    ).reshape(-1, 3)
    return {
        "hidden_states": normal(b, h * w, 8),
        "encoder_hidden_states": normal(b, 6, 32),
        "pooled_projections": normal(b, 24),
        "timestep": when(b) / 1000,
        "img_ids": image.float(),
        "txt_ids": torch.zeros(6, 3),
    }


def pixart(b, h, w):
    return {
        "hidden_states": normal(b, 4, h, w),
        "encoder_hidden_states": normal(b, 6, 32),
        "timestep": when(b),
    }


def unet(b, h, w):
    return {"sample": normal(b, 3, h, w), "timestep": when(b)}


def controlled(b, h, w):
    return {
        "sample": normal(b, 4, h, w),
        "timestep": when(b),
        "encoder_hidden_states": normal(b, 6, 32),
    }


BATCH = {0: "batch"}
FAMILIES = [
    denoiser(
        "sd3-transformer",
        "SD3Transformer2DModel",
        {
            "sample_size": 16,
            "patch_size": 2,
            "in_channels": 4,
            "num_layers": 2,
            "attention_head_dim": 8,
            "num_attention_heads": 4,
            "joint_attention_dim": 32,
            "caption_projection_dim": 32,
            "pooled_projection_dim": 24,
            "out_channels": 4,
            "pos_embed_max_size": 16,
        },
        sd3,
        {
            "hidden_states": FREE,
            "encoder_hidden_states": {0: "batch", 1: "text"},
            "pooled_projections": BATCH,
            "timestep": BATCH,
        },
    ),
    denoiser(
        "flux-transformer",
        "FluxTransformer2DModel",
        {
            "patch_size": 1,
            "in_channels": 8,
            "num_layers": 1,
            "num_single_layers": 1,
            "attention_head_dim": 16,
            "num_attention_heads": 2,
            "joint_attention_dim": 32,
            "pooled_projection_dim": 24,
            "axes_dims_rope": (4, 6, 6),
            "guidance_embeds": False,
        },
        flux,
        {
            "hidden_states": {0: "batch", 1: "pixels"},
            "encoder_hidden_states": {0: "batch", 1: "text"},
            "pooled_projections": BATCH,
            "timestep": BATCH,
            "img_ids": {0: "pixels"},
            "txt_ids": {0: "text"},
        },
    ),
    denoiser(
        "pixart-transformer",
        "PixArtTransformer2DModel",
        {
            "num_attention_heads": 4,
            "attention_head_dim": 8,
            "in_channels": 4,
            "out_channels": 8,
            "num_layers": 2,
            "cross_attention_dim": 32,
            "sample_size": 8,
            "patch_size": 2,
            "caption_channels": 32,
            "use_additional_conditions": False,
        },
        pixart,
        {
            "hidden_states": BATCH,
            "encoder_hidden_states": {0: "batch", 1: "text"},
            "timestep": BATCH,
        },
        fixed={"added_cond_kwargs": {"resolution": None, "aspect_ratio": None}},
        sizes=((1, 8, 8), (2, 8, 8)),
    ),
    denoiser(
        "dit-transformer",
        "DiTTransformer2DModel",
        {
            "num_attention_heads": 4,
            "attention_head_dim": 8,
            "in_channels": 4,
            "out_channels": 8,
            "num_layers": 2,
            "sample_size": 8,
            "patch_size": 2,
            "num_embeds_ada_norm": 10,
        },
        lambda b, h, w: {
            "hidden_states": normal(b, 4, h, w),
            "timestep": when(b).long(),
            "class_labels": torch.arange(b),
        },
        {"hidden_states": BATCH, "timestep": BATCH, "class_labels": BATCH},
        sizes=((1, 8, 8), (2, 8, 8)),
    ),
    denoiser(
        "sana-transformer",
        "SanaTransformer2DModel",
        {
            "in_channels": 4,
            "out_channels": 4,
            "num_attention_heads": 4,
            "attention_head_dim": 8,
            "num_layers": 2,
            "num_cross_attention_heads": 4,
            "cross_attention_head_dim": 8,
            "cross_attention_dim": 32,
            "caption_channels": 32,
            "sample_size": 8,
        },
        pixart,
        {
            "hidden_states": FREE,
            "encoder_hidden_states": {0: "batch", 1: "text"},
            "timestep": BATCH,
        },
    ),
    denoiser(
        "auraflow-transformer",
        "AuraFlowTransformer2DModel",
        {
            "sample_size": 8,
            "patch_size": 2,
            "in_channels": 4,
            "num_mmdit_layers": 1,
            "num_single_dit_layers": 1,
            "attention_head_dim": 8,
            "num_attention_heads": 4,
            "joint_attention_dim": 32,
            "caption_projection_dim": 32,
            "pos_embed_max_size": 64,
        },
        pixart,
        {"hidden_states": BATCH, "encoder_hidden_states": BATCH, "timestep": BATCH},
        sizes=((1, 8, 8), (2, 8, 8)),
    ),
    denoiser(
        "ddpm-unet",
        "UNet2DModel",
        {
            "sample_size": 8,
            "in_channels": 3,
            "out_channels": 3,
            "block_out_channels": (16, 32),
            "layers_per_block": 1,
            "norm_num_groups": 8,
            "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
            "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 8,
        },
        unet,
        {"sample": FREE, "timestep": BATCH},
        sizes=((1, 8, 8), (2, 8, 12)),
    ),
    denoiser(
        "sd-unet-linear",
        "UNet2DConditionModel",
        {
            "sample_size": 8,
            "in_channels": 4,
            "out_channels": 4,
            "block_out_channels": (16, 32),
            "layers_per_block": 1,
            "norm_num_groups": 8,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 8,
            "cross_attention_dim": 32,
            "transformer_layers_per_block": (1, 2),
            "use_linear_projection": True,
        },
        controlled,
        {"sample": FREE, "timestep": BATCH, "encoder_hidden_states": {0: "batch", 1: "text"}},
    ),
    Family(
        "vae-encoder",
        lambda: diffusers.AutoencoderKL(
            block_out_channels=(8, 16),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            layers_per_block=1,
            norm_num_groups=4,
            latent_channels=4,
        ).encoder,
        lambda: {
            f"b{b}_{h}x{w}": {"x": normal(b, 3, h, w)} for b, h, w in ((1, 16, 16), (2, 16, 24))
        },
        {"x": FREE},
        ("latent",),
        positional=True,
    ),
    Family(
        "taesd",
        lambda: diffusers.AutoencoderTiny(
            encoder_block_out_channels=(8, 8),
            decoder_block_out_channels=(8, 8),
            num_encoder_blocks=(1, 1),
            num_decoder_blocks=(1, 1),
        ),
        lambda: {
            f"b{b}_{h}x{w}": {"x": normal(b, 3, h, w)} for b, h, w in ((1, 16, 16), (2, 16, 24))
        },
        {"x": FREE},
        ("sample",),
        positional=True,
    ),
    Family(
        "vq-model",
        lambda: diffusers.VQModel(
            block_out_channels=(8, 16),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            layers_per_block=1,
            norm_num_groups=4,
            num_vq_embeddings=16,
        ),
        lambda: {
            f"b{b}_{h}x{w}": {"x": normal(b, 3, h, w)} for b, h, w in ((1, 16, 16), (2, 16, 24))
        },
        {"x": FREE},
        ("sample",),
        positional=True,
    ),
    Family(
        "unet-1d",
        lambda: diffusers.UNet1DModel(
            sample_size=32,
            in_channels=2,
            out_channels=2,
            extra_in_channels=16,
            block_out_channels=(16, 16, 16),
            norm_num_groups=4,
            down_block_types=("DownBlock1DNoSkip", "DownBlock1D", "AttnDownBlock1D"),
            up_block_types=("AttnUpBlock1D", "UpBlock1D", "UpBlock1DNoSkip"),
        ),
        lambda: {f"b{b}": {"sample": normal(b, 2, 32), "timestep": when(b)} for b in (1, 2)},
        {"sample": BATCH, "timestep": BATCH},
        ("sample",),
    ),
]
