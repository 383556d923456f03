"""Encoder-decoder models of transformers, and forecasters of time series."""

import torch
import transformers as hf
from core import VOCAB, Family, ids, mask, normal
from torch import nn

T5 = {
    "vocab_size": VOCAB,
    "d_model": 64,
    "d_kv": 16,
    "d_ff": 96,
    "num_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 16,
    "pad_token_id": 0,
    "decoder_start_token_id": 0,
}
BART = {
    "vocab_size": VOCAB,
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 96,
    "max_position_embeddings": 64,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}
NAMES = ("input_ids", "attention_mask", "decoder_input_ids")
AXES = {
    "input_ids": {0: "batch", 1: "source"},
    "attention_mask": {0: "batch", 1: "source"},
    "decoder_input_ids": {0: "batch", 1: "target"},
}


def pair_cases():
    return {
        f"b{b}_s{s}_t{t}": {
            "input_ids": ids(b, s),
            "attention_mask": mask(b, s),
            "decoder_input_ids": ids(b, t, seed=1),
        }
        for b, s, t in ((1, 7, 1), (1, 9, 4), (3, 16, 5))
    }


def translator(
    name,
    stem,
    exporters=("dynamo18", "legacy17"),
    config=None,
    kind="ForConditionalGeneration",
    **changes,
):
    fields = (config or BART) | changes
    return Family(
        name,
        lambda: getattr(hf, stem + kind)(getattr(hf, stem + "Config")(**fields)),
        pair_cases,
        AXES,
        ("logits",),
        exporters,
        fixed={"use_cache": False},
        task="text2text-generation",
    )


class Step(nn.Module):
    """The decoder with a cache of its own keys and values and of the source's."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, decoder_input_ids, encoder_attention_mask, encoder_hidden_states, *past):
        layers = [past[i : i + 4] for i in range(0, len(past), 4)]
        cache = hf.EncoderDecoderCache.from_legacy_cache(tuple(map(tuple, layers)))
        out = self.inner(
            attention_mask=encoder_attention_mask,
            encoder_outputs=(encoder_hidden_states,),
            decoder_input_ids=decoder_input_ids,
            past_key_values=cache,
            use_cache=True,
        )
        grown = out.past_key_values.self_attention_cache.layers
        return out.logits, *(t for layer in grown for t in (layer.keys, layer.values))


def step(name, stem, exporters, config, width=16, **changes):
    fields = config | changes
    names = [
        f"past.{layer}.{side}.{part}"
        for layer in range(2)
        for side in ("self", "cross")
        for part in ("key", "value")
    ]

    def cases():
        def feeds(batch, source, past):
            made = {
                "decoder_input_ids": ids(batch, 1),
                "encoder_attention_mask": mask(batch, source),
                "encoder_hidden_states": normal(batch, source, 64),
            }
            for number, n in enumerate(names):
                made[n] = normal(batch, 4, past if "self" in n else source, width, seed=number)
            return made

        return {f"b{b}_s{s}_p{p}": feeds(b, s, p) for b, s, p in ((1, 7, 1), (3, 16, 5))}

    axes = {n: {0: "batch", 2: "past" if "self" in n else "source"} for n in names}
    return Family(
        f"{name}-step",
        lambda: Step(
            getattr(hf, stem + "ForConditionalGeneration")(getattr(hf, stem + "Config")(**fields))
        ),
        cases,
        {
            "decoder_input_ids": {0: "batch"},
            "encoder_attention_mask": {0: "batch", 1: "source"},
            "encoder_hidden_states": {0: "batch", 1: "source"},
            **axes,
        },
        ("logits", *(n.replace("past", "present") for n in names if "self" in n)),
        exporters,
        positional=True,
    )


def series(
    name, stem, kind, config, feeds, outputs, exporters=("dynamo18", "legacy17"), fixed=None
):
    return Family(
        name,
        lambda: getattr(hf, stem + kind)(getattr(hf, stem + "Config")(**config)),
        lambda: {f"b{b}": feeds(b) for b in (1, 3)},
        {n: {0: "batch"} for n in feeds(1)},
        outputs,
        exporters,
        fixed=fixed or {},
    )


PROBABILISTIC = {
    "prediction_length": 4,
    "context_length": 8,
    "lags_sequence": [1, 2],
    "num_time_features": 2,
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
}


def probabilistic(batch):
    return {
        "past_values": normal(batch, 10),
        "past_time_features": normal(batch, 10, 2),
        "past_observed_mask": torch.ones(batch, 10),
        "future_time_features": normal(batch, 4, 2),
        "future_values": normal(batch, 4, seed=3),
    }


PATCHES = {
    "context_length": 32,
    "patch_length": 8,
    "patch_stride": 8,
    "prediction_length": 4,
    "d_model": 16,
    "num_input_channels": 3,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "ffn_dim": 24,
}

FAMILIES = [
    translator("t5", "T5", ("dynamo18", "dynamo23", "legacy14", "legacy17", "legacy17-int8"), T5),
    translator("flan-t5-mt5", "MT5", ("dynamo20", "legacy17"), T5, feed_forward_proj="gated-gelu"),
    translator("umt5", "UMT5", ("dynamo18", "legacy17"), T5, feed_forward_proj="gated-gelu"),
    translator(
        "longt5",
        "LongT5",
        ("legacy17", "dynamo18"),
        T5,
        encoder_attention_type="local",
        local_radius=4,
    ),
    translator(
        "switch",
        "SwitchTransformers",
        ("dynamo18", "legacy17"),
        T5,
        num_experts=4,
        expert_capacity=64,
    ),
    translator("bart", "Bart", ("dynamo18", "legacy14", "legacy16", "legacy17-fp16")),
    translator("mbart", "MBart", ("dynamo23", "legacy17")),
    translator("pegasus", "Pegasus"),
    translator("blenderbot", "BlenderbotSmall"),
    translator("m2m100", "M2M100", ("dynamo18", "legacy17")),
    translator(
        "led",
        "LED",
        ("legacy17", "dynamo18"),
        BART,
        attention_window=[4, 4],
        max_encoder_position_embeddings=64,
        max_decoder_position_embeddings=64,
    ),
    translator(
        "prophetnet",
        "ProphetNet",
        ("dynamo18", "legacy17"),
        {
            "vocab_size": VOCAB,
            "hidden_size": 64,
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "num_encoder_attention_heads": 4,
            "num_decoder_attention_heads": 4,
            "encoder_ffn_dim": 96,
            "decoder_ffn_dim": 96,
            "ngram": 2,
            "max_position_embeddings": 64,
            "num_buckets": 8,
            "relative_max_distance": 16,
        },
    ),
    step("t5", "T5", ("dynamo18", "legacy17"), T5),
    step("bart", "Bart", ("dynamo18", "legacy17"), BART),
    series(
        "time-series-transformer",
        "TimeSeriesTransformer",
        "Model",
        PROBABILISTIC,
        probabilistic,
        ("last_hidden_state",),
    ),
    series(
        "informer",
        "Informer",
        "Model",
        PROBABILISTIC,
        probabilistic,
        ("last_hidden_state",),
        ("legacy17", "dynamo18"),
    ),
    series(
        "autoformer",
        "Autoformer",
        "Model",
        PROBABILISTIC | {"moving_average": 3},
        probabilistic,
        ("last_hidden_state",),
        ("legacy17", "dynamo18"),
    ),
    series(
        "patchtst",
        "PatchTST",
        "ForPrediction",
        PATCHES | {"num_targets": 3, "pre_norm": True},
        lambda b: {"past_values": normal(b, 32, 3)},
        ("prediction_outputs",),
    ),
    series(
        "patchtsmixer",
        "PatchTSMixer",
        "ForPrediction",
        PATCHES,
        lambda b: {"past_values": normal(b, 32, 3)},
        ("prediction_outputs",),
    ),
]
