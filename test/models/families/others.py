"""Families of transformers that came later: detectors, poses, video, pairs of text and image."""

import torch
import transformers as hf

from causal import SMALL, decoder
from core import VOCAB, Family, ids, mask, normal

BATCH = {0: "batch"}
TOKENS = {0: "batch", 1: "seq"}
BOTH = ("dynamo18", "legacy17")
VIT = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "image_size": 32,
    "patch_size": 8,
}
TEXT = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
}
NARROW = TEXT | {"hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 24}
MIXTURE = {
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 32,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
    "n_shared_experts": 1,
}
OTHER_NAMES = ("num_attention_heads", "num_key_value_heads", "max_position_embeddings")
GPT2_DROP = (*OTHER_NAMES, "hidden_size", "num_hidden_layers", "intermediate_size")
FIXED = {"sizes": ((1, 8), (2, 8)), "axes": BATCH}


def text(name, stem, exporters, config=None, outputs=("last_hidden_state",), **changes):
    return Family(
        name,
        lambda: getattr(hf, stem + "Model")(
            getattr(hf, stem + "Config")(**(config or TEXT | changes))
        ),
        lambda: {
            f"b{b}_s{s}": {"input_ids": ids(b, s), "attention_mask": mask(b, s)}
            for b, s in ((1, 7), (3, 16))
        },
        {"input_ids": TOKENS, "attention_mask": TOKENS},
        outputs,
        exporters,
    )


def image(
    name, make, outputs=("last_hidden_state",), exporters=BOTH, size=32, frames=None, axes=BATCH
):
    shape = (3, size, size) if frames is None else (frames, 3, size, size)
    return Family(
        name,
        make,
        lambda: {f"b{b}": {"pixel_values": normal(b, *shape)} for b in (1, 2)},
        {"pixel_values": axes},
        outputs,
        exporters,
    )


def backbone(*stages):
    return {
        "backbone_config": hf.ResNetConfig(
            embedding_size=8,
            hidden_sizes=[8, 16, 16, 24],
            depths=[1, 1, 1, 1],
            out_features=list(stages),
            layer_type="basic",
        ),
        "use_timm_backbone": False,
        "use_pretrained_backbone": False,
        "backbone": None,
    }


DETR = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "num_queries": 6,
    "num_labels": 4,
}


def deformable():
    config = backbone("stage2", "stage3", "stage4") | {"disable_custom_kernels": True}
    return hf.DeformableDetrForObjectDetection(hf.DeformableDetrConfig(**config, **DETR))


def conditional():
    return hf.ConditionalDetrForObjectDetection(
        hf.ConditionalDetrConfig(**backbone("stage4"), **DETR)
    )


def real_time():
    stages = hf.RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 16, 24],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
        layer_type="basic",
    )
    return hf.RTDetrForObjectDetection(
        hf.RTDetrConfig(
            backbone_config=stages,
            use_timm_backbone=False,
            encoder_hidden_dim=32,
            encoder_in_channels=[16, 16, 24],
            decoder_in_channels=[32, 32, 32],
            num_denoising=0,
            hidden_expansion=0.5,
            anchor_image_size=None,
            **{k: v for k, v in DETR.items() if k != "encoder_layers"},
        )
    )


def segmenter():
    stages = hf.ConvNextConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 16, 16, 24],
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    return hf.UperNetForSemanticSegmentation(
        hf.UperNetConfig(
            backbone_config=stages,
            hidden_size=16,
            auxiliary_in_channels=16,
            auxiliary_channels=8,
            num_labels=5,
        )
    )


def pose():
    stages = hf.VitPoseBackboneConfig(
        image_size=[32, 32],
        patch_size=[8, 8],
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        out_features=["stage2"],
    )
    return hf.VitPoseForPoseEstimation(
        hf.VitPoseConfig(backbone_config=stages, use_simple_decoder=True, num_labels=5)
    )


def windowed():
    return hf.VitDetModel(
        hf.VitDetConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=32,
            patch_size=4,
            window_block_indices=[0],
            window_size=4,
            use_relative_position_embeddings=True,
        )
    )


def pairs():
    return {
        f"b{b}": {
            "input_ids": ids(b, 9),
            "pixel_values": normal(b, 3, 32, 32),
            "attention_mask": mask(b, 9),
        }
        for b in (1, 2)
    }


def pair(name, make, outputs, exporters=BOTH, cases=pairs, tokens=TOKENS, **fixed):
    axes = {"input_ids": tokens, "pixel_values": BATCH, "attention_mask": tokens}
    return Family(name, make, cases, axes, outputs, exporters, fixed=fixed)


IMAGE_TOKEN = 90


def prompts():
    def make(batch):
        tokens = ids(batch, 24, high=80)
        tokens[:, 2:18] = IMAGE_TOKEN
        return {
            "input_ids": tokens,
            "pixel_values": normal(batch, 3, 32, 32),
            "attention_mask": torch.ones_like(tokens),
        }

    return {f"b{b}": make(b) for b in (1, 2)}


def blip():
    return hf.BlipForImageTextRetrieval(
        hf.BlipConfig(
            text_config=NARROW | {"encoder_hidden_size": 64},
            vision_config=VIT | {"projection_dim": 16},
            image_text_hidden_size=16,
        )
    )


def segmented_by_text():
    return hf.CLIPSegForImageSegmentation(
        hf.CLIPSegConfig(
            text_config=NARROW,
            vision_config=VIT,
            projection_dim=16,
            reduce_dim=16,
            extract_layers=[0, 1],
            decoder_num_attention_heads=4,
            decoder_intermediate_size=24,
        )
    )


def llava():
    return hf.LlavaForConditionalGeneration(
        hf.LlavaConfig(
            vision_config=hf.CLIPVisionConfig(**VIT),
            text_config=hf.LlamaConfig(**SMALL),
            image_token_index=IMAGE_TOKEN,
            vision_feature_layer=-1,
        )
    )


FAMILIES = [
    *decoder("gpt-neox", "GPTNeoX", ("legacy17",), ("dynamo18",), 4, drop=("num_key_value_heads",)),
    *decoder(
        "codegen",
        "CodeGen",
        n_embd=64,
        n_layer=2,
        n_head=4,
        n_inner=96,
        n_positions=128,
        rotary_dim=8,
        drop=GPT2_DROP,
    ),
    *decoder("diffllama", "DiffLlama", ("dynamo18",)),
    *decoder("apertus", "Apertus", ("dynamo18",)),
    *decoder("dots1", "Dots1", ("legacy17",), **MIXTURE),
    *decoder("glm4-moe", "Glm4Moe", ("legacy17",), **MIXTURE, head_dim=16),
    *decoder(
        "mpt",
        "Mpt",
        ("legacy17",),
        d_model=64,
        n_layers=2,
        n_heads=4,
        expansion_ratio=2,
        max_seq_len=64,
        drop=GPT2_DROP,
    ),
    *decoder("rwkv", "Rwkv", ("legacy17",), attention_hidden_size=64, drop=OTHER_NAMES, **FIXED),
    *decoder(
        "jamba",
        "Jamba",
        ("legacy17",),
        mamba_d_state=8,
        mamba_expand=2,
        mamba_dt_rank=4,
        use_mamba_kernels=False,
        attn_layer_period=2,
        attn_layer_offset=1,
        num_experts=1,
        num_experts_per_tok=1,
        **FIXED,
    ),
    *decoder(
        "falcon-mamba",
        "FalconMamba",
        ("legacy17",),
        state_size=8,
        conv_kernel=4,
        time_step_rank=4,
        **FIXED,
    ),
    text("ernie", "Ernie", BOTH, outputs=("last_hidden_state", "pooler_output")),
    text("roberta-prelayernorm", "RobertaPreLayerNorm", ("legacy17",)),
    text("yoso", "Yoso", ("legacy17",), use_expectation=True),
    text(
        "mega",
        "Mega",
        ("dynamo18",),
        {
            "vocab_size": VOCAB,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "intermediate_size": 48,
            "ema_projection_size": 4,
            "bidirectional": True,
            "shared_representation_size": 16,
            "max_positions": 64,
        },
    ),
    image("vit-msn", lambda: hf.ViTMSNModel(hf.ViTMSNConfig(**VIT))),
    image(
        "dinov3",
        lambda: hf.DINOv3ViTModel(hf.DINOv3ViTConfig(**VIT, num_register_tokens=2)),
        axes={0: "batch", 2: "height", 3: "width"},
    ),
    image("aimv2", lambda: hf.Aimv2VisionModel(hf.Aimv2VisionConfig(**VIT))),
    image("vit-det", windowed),
    image(
        "video-mae",
        lambda: hf.VideoMAEModel(hf.VideoMAEConfig(**VIT, num_frames=4, tubelet_size=2)),
        frames=4,
    ),
    image(
        "timesformer",
        lambda: hf.TimesformerModel(hf.TimesformerConfig(**VIT, num_frames=4)),
        frames=4,
    ),
    image("rt-detr", real_time, ("logits", "pred_boxes"), size=64),
    image("deformable-detr", deformable, ("logits", "pred_boxes"), size=128),
    image("conditional-detr", conditional, ("logits", "pred_boxes"), size=64),
    image("upernet", segmenter, ("logits",), ("dynamo18",), size=64),
    image("vit-pose", pose, ("heatmaps",)),
    pair("blip", blip, ("itm_score",)),
    pair("clipseg", segmented_by_text, ("logits",), tokens=BATCH),
    pair(
        "llava",
        llava,
        ("logits",),
        cases=prompts,
        tokens=BATCH,
        exporters=("legacy17",),
        use_cache=False,
    ),
]
