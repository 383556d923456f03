"""Vision, and vision with text, of transformers."""

import transformers as hf
from core import VOCAB, Family, ids, mask, normal

VIT = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "image_size": 32,
    "patch_size": 8,
}
BATCH = {0: "batch"}
FREE = {0: "batch", 2: "height", 3: "width"}
SQUARE = ((1, 32, 32), (3, 32, 32))
SIZES = ((1, 64, 64), (2, 96, 64))


def images(sizes):
    return lambda: {f"b{b}_{h}x{w}": {"pixel_values": normal(b, 3, h, w)} for b, h, w in sizes}


def image(
    name,
    stem,
    config,
    kind="ForImageClassification",
    exporters=("dynamo18", "legacy17"),
    sizes=SQUARE,
    axes=BATCH,
    outputs=("logits",),
    **options,
):
    task = "feature-extraction" if kind == "Model" else "image-classification"
    return Family(
        name,
        lambda: getattr(hf, stem + kind)(getattr(hf, stem + "Config")(**config)),
        images(sizes),
        {"pixel_values": axes},
        outputs,
        exporters,
        task=task,
        **options,
    )


HIDDEN = {"kind": "Model", "outputs": ("last_hidden_state",)}
MAPS = {"sizes": SIZES, "axes": FREE}
STAGES = {"depths": [1, 1, 1], "hidden_sizes": [8, 16, 24], "num_stages": 3}
SWIN = {
    "image_size": 32,
    "patch_size": 2,
    "embed_dim": 16,
    "depths": [2, 2],
    "num_heads": [2, 4],
    "window_size": 4,
}
RESNET = {"embedding_size": 16, "hidden_sizes": [16, 24, 32, 40], "depths": [1, 1, 2, 1]}
SEG = {
    "num_encoder_blocks": 4,
    "depths": [1, 1, 1, 1],
    "hidden_sizes": [8, 16, 16, 24],
    "num_attention_heads": [1, 2, 2, 4],
    "decoder_hidden_size": 16,
    "num_labels": 5,
}
TEXT = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 24,
    "eos_token_id": 2,
    "pad_token_id": 1,
    "bos_token_id": 0,
}


def two_towers():
    def feeds(images_, texts, length):
        words = ids(texts, length)
        words[:, -1] = 2
        return {
            "input_ids": words,
            "pixel_values": normal(images_, 3, 32, 32),
            "attention_mask": mask(texts, length, 0),
        }

    return {"i1_t2_s7": feeds(1, 2, 7), "i3_t2_s11": feeds(3, 2, 11)}


def towers(name, stem, exporters=("dynamo18", "legacy17"), **changes):
    def make():
        config = getattr(hf, stem + "Config")(
            text_config=TEXT | {"projection_dim": 32} | changes,
            vision_config=VIT | {"projection_dim": 32},
            projection_dim=32,
        )
        return getattr(hf, stem + "Model")(config)

    texts = {0: "texts", 1: "length"}
    return Family(
        name,
        make,
        two_towers,
        {"input_ids": texts, "pixel_values": {0: "images"}, "attention_mask": texts},
        ("logits_per_image", "text_embeds", "image_embeds"),
        exporters,
    )


def reader(name, encoder, decoder, exporters=("dynamo18", "legacy17")):
    """An image encoder and a text decoder."""

    def make():
        return hf.VisionEncoderDecoderModel(
            hf.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder(), decoder())
        )

    return Family(
        name,
        make,
        lambda: {
            f"b{b}_t{t}": {"pixel_values": normal(b, 3, 32, 32), "decoder_input_ids": ids(b, t)}
            for b, t in ((1, 3), (3, 5))
        },
        {"pixel_values": BATCH, "decoder_input_ids": {0: "batch", 1: "target"}},
        ("logits",),
        exporters,
        fixed={"use_cache": False},
    )


def trocr():
    return hf.TrOCRConfig(
        vocab_size=VOCAB,
        d_model=64,
        decoder_layers=2,
        decoder_attention_heads=4,
        decoder_ffn_dim=96,
        max_position_embeddings=32,
    )


def gpt2():
    return hf.GPT2Config(
        vocab_size=VOCAB, n_embd=64, n_layer=2, n_head=4, n_positions=32, add_cross_attention=True
    )


def detr():
    backbone = hf.ResNetConfig(**RESNET, layer_type="basic", out_features=["stage4"])
    return hf.DetrForObjectDetection(
        hf.DetrConfig(
            use_timm_backbone=False,
            use_pretrained_backbone=False,
            backbone=None,
            backbone_config=backbone,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            num_queries=6,
            num_labels=4,
        )
    )


def detection(
    name, make, exporters=("dynamo18", "legacy17"), sizes=((1, 64, 64), (2, 96, 64)), axes=FREE
):
    return Family(
        name, make, images(sizes), {"pixel_values": axes}, ("logits", "pred_boxes"), exporters
    )


def depth(name, make, exporters=("dynamo18", "legacy17"), sizes=SQUARE, axes=BATCH):
    return Family(
        name, make, images(sizes), {"pixel_values": axes}, ("predicted_depth",), exporters
    )


def depth_anything():
    config = {k: v for k, v in VIT.items() if k != "intermediate_size"}
    backbone = hf.Dinov2Config(
        **config,
        out_features=["stage1", "stage2"],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    return hf.DepthAnythingForDepthEstimation(
        hf.DepthAnythingConfig(
            backbone_config=backbone,
            patch_size=8,
            reassemble_hidden_size=64,
            reassemble_factors=[2, 1],
            neck_hidden_sizes=[12, 16],
            fusion_hidden_size=16,
            head_in_index=-1,
            head_hidden_size=8,
        )
    )


def sam():
    config = hf.SamVisionConfig(
        hidden_size=32,
        output_channels=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        patch_size=8,
        window_size=3,
        global_attn_indexes=[1],
        mlp_dim=48,
    )
    from transformers.models.sam.modeling_sam import SamVisionModel

    return SamVisionModel(config)


FAMILIES = [
    image(
        "vit",
        "ViT",
        VIT,
        exporters=(
            "dynamo18",
            "dynamo23",
            "legacy11",
            "legacy17",
            "optimum",
            "dynamo18-int8",
            "legacy17-qdq",
        ),
    ),
    image("deit", "DeiT", VIT, exporters=("dynamo20", "legacy14", "optimum")),
    image("beit", "Beit", VIT | {"use_relative_position_bias": True}),
    image(
        "dinov2",
        "Dinov2",
        {k: v for k, v in VIT.items() if k != "intermediate_size"},
        exporters=("dynamo18", "legacy17", "optimum"),
    ),
    image(
        "dinov2-sizes",
        "Dinov2",
        {k: v for k, v in VIT.items() if k != "intermediate_size"},
        sizes=((1, 48, 64), (2, 64, 40)),
        axes=FREE,
        exporters=("legacy17", "dynamo18"),
    ),
    image("swin", "Swin", SWIN, exporters=("dynamo18", "legacy17", "optimum")),
    image(
        "swin-sizes",
        "Swin",
        SWIN,
        sizes=((1, 40, 48), (2, 56, 36)),
        axes=FREE,
        exporters=("legacy17",),
    ),
    image("swinv2", "Swinv2", SWIN),
    image(
        "convnext",
        "ConvNext",
        {"depths": [1, 1, 2, 1], "hidden_sizes": [8, 16, 24, 32]},
        **MAPS,
        exporters=("dynamo18", "legacy17", "optimum"),
    ),
    image(
        "convnextv2",
        "ConvNextV2",
        {"depths": [1, 1, 2, 1], "hidden_sizes": [8, 16, 24, 32]},
        **MAPS,
    ),
    image(
        "resnet",
        "ResNet",
        RESNET,
        **MAPS,
        exporters=("dynamo18", "legacy11", "legacy17", "optimum", "legacy17-qdq", "legacy17-fp16"),
    ),
    image("regnet", "RegNet", RESNET | {"groups_width": 8}, **MAPS),
    image("mobilenet-v1", "MobileNetV1", {"depth_multiplier": 0.25, "image_size": 64}, **MAPS),
    image(
        "mobilenet-v2",
        "MobileNetV2",
        {"depth_multiplier": 0.25, "image_size": 64},
        **MAPS,
        exporters=("dynamo18", "legacy13", "optimum", "legacy13-qdq"),
    ),
    image(
        "efficientnet",
        "EfficientNet",
        {
            "image_size": 64,
            "width_coefficient": 0.25,
            "depth_coefficient": 0.25,
            "hidden_dim": 1280,
        },
        **MAPS,
    ),
    image(
        "mobilevit",
        "MobileViT",
        {
            "hidden_sizes": [16, 24, 32],
            "neck_hidden_sizes": [8, 8, 12, 16, 24, 32, 40],
            "image_size": 64,
        },
        sizes=((1, 64, 64), (2, 64, 64)),
    ),
    image(
        "segformer",
        "Segformer",
        SEG,
        kind="ForSemanticSegmentation",
        **MAPS,
        exporters=("dynamo18", "legacy17", "optimum"),
    ),
    image(
        "pvt",
        "Pvt",
        {
            "hidden_sizes": [8, 16, 16, 24],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4],
            "sequence_reduction_ratios": [4, 2, 2, 1],
            "image_size": 64,
        },
        sizes=((1, 64, 64), (2, 64, 64)),
    ),
    image(
        "poolformer",
        "PoolFormer",
        {"hidden_sizes": [8, 16, 16, 24], "depths": [1, 1, 1, 1]},
        **MAPS,
    ),
    image(
        "cvt", "Cvt", {"embed_dim": [8, 16, 24], "num_heads": [1, 2, 3], "depth": [1, 1, 2]}, **MAPS
    ),
    image(
        "levit",
        "Levit",
        {
            "hidden_sizes": [32, 48, 64],
            "num_attention_heads": [2, 3, 4],
            "depths": [1, 1, 1],
            "key_dim": [8, 8, 8],
            "image_size": 64,
        },
        sizes=((1, 64, 64), (2, 64, 64)),
    ),
    image(
        "bit",
        "Bit",
        {
            "embedding_size": 16,
            "hidden_sizes": [32, 32, 64, 64],
            "depths": [1, 1, 1, 1],
            "num_groups": 4,
        },
        **MAPS,
    ),
    image(
        "focalnet",
        "FocalNet",
        {
            "image_size": 32,
            "patch_size": 2,
            "embed_dim": 16,
            "depths": [1, 1],
            "focal_levels": [2, 2],
            "focal_windows": [3, 3],
        },
    ),
    image(
        "hiera",
        "Hiera",
        {
            "image_size": [32, 32],
            "embed_dim": 16,
            "depths": [1, 1, 2, 1],
            "num_heads": [1, 2, 2, 4],
            "patch_kernel": [7, 7],
            "patch_stride": [4, 4],
            "patch_padding": [3, 3],
            "num_query_pool": 2,
        },
    ),
    image(
        "swiftformer",
        "SwiftFormer",
        {"depths": [1, 1, 1, 1], "embed_dims": [8, 16, 24, 32]},
        **MAPS,
    ),
    image(
        "swin2sr",
        "Swin2SR",
        {
            "image_size": 16,
            "patch_size": 1,
            "embed_dim": 16,
            "depths": [2],
            "num_heads": [2],
            "window_size": 4,
            "upscale": 2,
        },
        kind="ForImageSuperResolution",
        outputs=("reconstruction",),
        sizes=((1, 16, 16), (2, 16, 16)),
    ),
    image("ijepa", "IJepa", VIT),
    detection("detr", detr, sizes=((1, 64, 64), (2, 96, 64))),
    detection(
        "yolos",
        lambda: hf.YolosForObjectDetection(
            hf.YolosConfig(**VIT | {"image_size": [64, 64]}, num_detection_tokens=5)
        ),
        sizes=((1, 64, 64), (2, 64, 64)),
        axes=BATCH,
    ),
    depth(
        "dpt",
        lambda: hf.DPTForDepthEstimation(
            hf.DPTConfig(
                **VIT | {"num_hidden_layers": 4},
                is_hybrid=False,
                backbone_out_indices=[0, 1, 2, 3],
                neck_hidden_sizes=[8, 12, 16, 16],
                fusion_hidden_size=16,
            )
        ),
    ),
    depth("depth-anything", depth_anything, sizes=((1, 48, 48), (2, 48, 48))),
    depth(
        "glpn",
        lambda: hf.GLPNForDepthEstimation(
            hf.GLPNConfig(
                depths=[1, 1, 1, 1],
                hidden_sizes=[8, 16, 16, 24],
                num_attention_heads=[1, 2, 2, 4],
                decoder_hidden_size=16,
            )
        ),
        sizes=SIZES,
        axes=FREE,
    ),
    towers("clip", "CLIP", ("dynamo18", "legacy17", "dynamo23")),
    towers("siglip", "Siglip"),
    Family(
        "sam-encoder",
        sam,
        images(((1, 64, 64), (2, 64, 64))),
        {"pixel_values": BATCH},
        ("last_hidden_state",),
    ),
    reader("trocr", lambda: hf.ViTConfig(**VIT), trocr),
    reader("vit-gpt2", lambda: hf.ViTConfig(**VIT), gpt2),
    reader("swin-reader", lambda: hf.SwinConfig(**SWIN), trocr),
]
