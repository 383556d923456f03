"""Text encoders of transformers."""

import transformers as hf
from core import VOCAB, Family, ids, mask

SMALL = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "max_position_embeddings": 66,
    "pad_token_id": 1,
}
SEQUENCE = {0: "batch", 1: "seq"}
SIZES = ((1, 7), (3, 16))


def cases(names=("input_ids", "attention_mask"), sizes=SIZES):
    def make(name, batch, length):
        if name == "attention_mask":
            return mask(batch, length)
        if name == "token_type_ids":
            kinds = mask(batch, length) * 0
            kinds[:, length // 2 :] = 1
            return kinds
        if name == "bbox":
            corners = ids(batch, length, 4, low=0, high=50).sort(-1).values
            return corners
        return ids(batch, length)

    return lambda: {f"b{b}_s{s}": {n: make(n, b, s) for n in names} for b, s in sizes}


def encoder(
    name,
    stem,
    exporters=("dynamo18", "legacy17"),
    names=("input_ids", "attention_mask"),
    kind="Model",
    sizes=SIZES,
    outputs=("last_hidden_state",),
    axes=SEQUENCE,
    fixed=None,
    drop=(),
    task="feature-extraction",
    **changes,
):
    config = {k: v for k, v in (SMALL | changes).items() if k not in drop}
    return Family(
        name,
        lambda: getattr(hf, stem + kind)(getattr(hf, stem + "Config")(**config)),
        cases(names, sizes),
        {n: axes for n in names},
        outputs,
        exporters,
        fixed=fixed or {},
        task=task,
    )


TYPED = ("input_ids", "attention_mask", "token_type_ids")
BOXED = ("input_ids", "bbox", "attention_mask", "token_type_ids")
CLASSES = {
    "kind": "ForSequenceClassification",
    "outputs": ("logits",),
    "task": "text-classification",
}
TOKENS = {"kind": "ForTokenClassification", "outputs": ("logits",)}
SPANS = {"kind": "ForQuestionAnswering", "outputs": ("start_logits", "end_logits")}
PLAIN = {
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
}

FAMILIES = [
    encoder(
        "bert",
        "Bert",
        ("legacy14-ort", "legacy17-ort-fp16", "dynamo18-ort", "legacy13-int8"),
        TYPED,
    ),
    encoder("bert-squad", "Bert", ("dynamo20", "legacy11", "legacy11-qdq"), TYPED, **SPANS),
    encoder("roberta", "Roberta", ("dynamo18", "legacy14", "legacy11", "optimum")),
    encoder("xlm-roberta", "XLMRoberta", ("dynamo23", "legacy13", "optimum"), **CLASSES),
    encoder("camembert", "Camembert", ("legacy17-fp16",), **TOKENS),
    encoder(
        "albert",
        "Albert",
        ("dynamo18", "legacy17", "optimum", "legacy14-ort"),
        TYPED,
        embedding_size=32,
    ),
    encoder("electra", "Electra", ("dynamo20", "legacy17", "optimum"), TYPED, embedding_size=32),
    encoder(
        "distilbert",
        "DistilBert",
        ("dynamo18", "legacy14", "optimum", "dynamo18-int8"),
        dim=64,
        n_layers=2,
        n_heads=4,
        hidden_dim=96,
        drop=PLAIN - {"max_position_embeddings"},
    ),
    encoder("mpnet", "MPNet", ("dynamo18", "legacy17", "optimum")),
    encoder(
        "deberta-v2",
        "DebertaV2",
        ("dynamo18", "legacy17", "legacy13", "optimum"),
        TYPED,
        relative_attention=True,
        position_buckets=8,
        pos_att_type=["p2c", "c2p"],
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        max_relative_positions=-1,
        position_biased_input=False,
        type_vocab_size=0,
    ),
    encoder(
        "deberta",
        "Deberta",
        ("dynamo18", "legacy17"),
        TYPED,
        relative_attention=True,
        pos_att_type=["p2c", "c2p"],
        max_relative_positions=32,
        type_vocab_size=2,
    ),
    encoder("longformer", "Longformer", ("legacy17", "dynamo18"), attention_window=[4, 4]),
    encoder("squeezebert", "SqueezeBert", ("dynamo18", "legacy14"), TYPED, embedding_size=64),
    encoder(
        "mobilebert",
        "MobileBert",
        ("dynamo18", "legacy17", "optimum"),
        TYPED,
        embedding_size=32,
        intra_bottleneck_size=32,
        true_hidden_size=32,
    ),
    encoder("convbert", "ConvBert", ("dynamo18", "legacy17"), TYPED, embedding_size=32),
    encoder("roformer", "RoFormer", ("dynamo18", "legacy17"), TYPED, embedding_size=64),
    encoder(
        "nystromformer",
        "Nystromformer",
        ("legacy17", "dynamo18"),
        TYPED,
        num_landmarks=16,
        segment_means_seq_len=16,
        sizes=((1, 16), (3, 16)),
        axes={0: "batch"},
    ),
    encoder(
        "rembert",
        "RemBert",
        ("dynamo18",),
        TYPED,
        input_embedding_size=32,
        output_embedding_size=32,
    ),
    encoder(
        "layoutlm",
        "LayoutLM",
        ("dynamo18", "legacy17", "optimum"),
        BOXED,
        max_2d_position_embeddings=64,
    ),
    encoder(
        "lilt",
        "Lilt",
        ("dynamo18", "legacy17"),
        BOXED,
        max_2d_position_embeddings=64,
        hidden_size=96,
    ),
    encoder(
        "modernbert",
        "ModernBert",
        ("dynamo18", "dynamo23", "legacy17"),
        global_attn_every_n_layers=2,
        local_attention=8,
        attn_implementation="sdpa",
        reference_compile=False,
    ),
    encoder(
        "esm", "Esm", ("dynamo18", "legacy17"), position_embedding_type="rotary", mask_token_id=2
    ),
    encoder(
        "xlnet",
        "XLNet",
        ("dynamo18", "legacy17"),
        d_model=64,
        n_layer=2,
        n_head=4,
        d_inner=96,
        drop=PLAIN,
    ),
    encoder("xlm", "XLM", ("legacy17", "dynamo18"), emb_dim=64, n_layers=2, n_heads=4, drop=PLAIN),
    encoder(
        "funnel",
        "Funnel",
        ("legacy17", "dynamo18"),
        TYPED,
        block_sizes=[1, 1],
        d_model=64,
        n_head=4,
        d_head=16,
        d_inner=96,
        drop=PLAIN,
    ),
    encoder(
        "fnet",
        "FNet",
        ("dynamo18",),
        ("input_ids", "token_type_ids"),
        use_tpu_fourier_optimizations=False,
    ),
    encoder("ibert", "IBert", ("dynamo18", "legacy17"), quant_mode=False),
    encoder("megatron-bert", "MegatronBert", ("legacy14",), TYPED),
    encoder("big-bird", "BigBird", ("legacy17", "dynamo18"), TYPED, attention_type="original_full"),
    encoder(
        "canine",
        "Canine",
        ("legacy17", "dynamo18"),
        TYPED,
        num_hash_buckets=64,
        local_transformer_stride=16,
        sizes=((1, 32), (3, 32)),
        axes={0: "batch"},
    ),
    encoder("splinter", "Splinter", ("dynamo18",), TYPED),
    encoder("luke", "Luke", ("dynamo18", "legacy17"), entity_vocab_size=8, entity_emb_size=16),
    encoder("flaubert", "Flaubert", ("dynamo18",), emb_dim=64, n_layers=2, n_heads=4, drop=PLAIN),
]
