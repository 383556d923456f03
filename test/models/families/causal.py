"""Decoder-only language models of transformers: whole sequences, and with the cache that chat
programs keep."""

import transformers as hf
from core import VOCAB, Family, ids, mask, normal
from torch import nn

SMALL = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
LAYERS = 2


def whole_cases():
    return {
        f"b{b}_s{s}": {"input_ids": ids(b, s), "attention_mask": mask(b, s, left=True)}
        for b, s in ((1, 7), (1, 13), (2, 16))
    }


class Cached(nn.Module):
    """The cache as flat tensors: key 0, value 0, key 1 ..."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask, *past):
        cache = hf.DynamicCache.from_legacy_cache(tuple(zip(past[0::2], past[1::2], strict=True)))
        out = self.inner(
            input_ids=input_ids,
            attention_mask=attention_mask,
            past_key_values=cache,
            use_cache=True,
        )
        return out.logits, *(
            t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)
        )


def cached_cases(heads, width, value_width):
    def make(batch, past, length):
        feeds = {
            "input_ids": ids(batch, length),
            "attention_mask": mask(batch, past + length, 2, left=True),
        }
        for layer in range(LAYERS):
            feeds[f"past.{layer}.key"] = normal(batch, heads, past, width, seed=layer)
            feeds[f"past.{layer}.value"] = normal(batch, heads, past, value_width, seed=layer + 9)
        return feeds

    sizes = ((1, 5, 1), (1, 9, 3), (2, 11, 4))
    return lambda: {f"b{b}_p{p}_s{s}": make(b, p, s) for b, p, s in sizes}


def model(stem, changes, drop=(), kind="ForCausalLM", config="Config"):
    fields = {k: v for k, v in (SMALL | changes).items() if k not in drop}
    return lambda: getattr(hf, stem + kind)(getattr(hf, stem + config)(**fields))


def decoder(
    name,
    stem,
    whole=("dynamo18", "legacy17"),
    cached=(),
    heads=2,
    width=16,
    value_width=None,
    drop=(),
    sizes=None,
    axes=None,
    **changes,
):
    """The model on whole sequences and, where `cached` names exporters, with its cache."""
    config = changes.pop("config", "Config")
    build = model(stem, changes, drop, config=config)
    axes = axes or {0: "batch", 1: "seq"}
    cases = (
        whole_cases
        if sizes is None
        else lambda: {
            f"b{b}_s{s}": {"input_ids": ids(b, s), "attention_mask": mask(b, s, left=True)}
            for b, s in sizes
        }
    )
    rows = [
        Family(
            name,
            build,
            cases,
            {"input_ids": axes, "attention_mask": axes},
            ("logits",),
            tuple(whole),
            fixed={"use_cache": False},
            task="text-generation",
        )
    ]
    if cached:
        pasts = [f"{layer}.{part}" for layer in range(LAYERS) for part in ("key", "value")]
        rows.append(
            Family(
                f"{name}-cached",
                lambda: Cached(build()),
                cached_cases(heads, width, value_width or width),
                {
                    "input_ids": {0: "batch", 1: "seq"},
                    "attention_mask": {0: "batch", 1: "total"},
                    **{f"past.{p}": {0: "batch", 2: "past"} for p in pasts},
                },
                ("logits", *(f"present.{p}" for p in pasts)),
                tuple(cached),
                positional=True,
            )
        )
    return rows


GPT2_NAMES = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_inner": 96, "n_positions": 128}
GPT2_DROP = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "num_key_value_heads",
    "max_position_embeddings",
)
D, L, BOTH = ("dynamo18",), ("legacy17",), ("dynamo18", "legacy17")
MLA = {
    "q_lora_rank": 24,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 32,
    "n_shared_experts": 1,
    "first_k_dense_replace": 1,
    "n_group": 2,
    "topk_group": 1,
    "num_key_value_heads": 4,
    "head_dim": 8,
}
MOE = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}

FAMILIES = sum(
    [
        decoder(
            "mistral",
            "Mistral",
            ("dynamo20", "legacy14", "optimum"),
            ("dynamo18", "legacy17"),
            sliding_window=6,
        ),
        decoder("gemma", "Gemma", ("dynamo18", "legacy17", "optimum"), ("dynamo18",), head_dim=16),
        decoder(
            "gemma2",
            "Gemma2",
            BOTH,
            ("dynamo18",),
            head_dim=16,
            sliding_window=6,
            query_pre_attn_scalar=16,
            attn_implementation="eager",
        ),
        decoder(
            "gemma3",
            "Gemma3",
            ("dynamo18", "dynamo23", "legacy17"),
            ("dynamo18",),
            head_dim=16,
            sliding_window=6,
            query_pre_attn_scalar=16,
            layer_types=["sliding_attention", "full_attention"],
            config="TextConfig",
        ),
        decoder(
            "phi",
            "Phi",
            BOTH,
            ("dynamo18", "legacy17"),
            heads=4,
            num_key_value_heads=4,
            partial_rotary_factor=0.5,
        ),
        decoder("phi3", "Phi3", ("dynamo18", "dynamo23", "legacy17", "optimum"), ("dynamo18",)),
        decoder(
            "mixtral", "Mixtral", BOTH, ("dynamo18",), num_local_experts=4, num_experts_per_tok=2
        ),
        decoder("olmo2", "Olmo2", ("dynamo18",), ("legacy17",)),
        decoder("olmoe", "Olmoe", BOTH, num_experts=4, num_experts_per_tok=2),
        decoder("qwen2-moe", "Qwen2Moe", BOTH, **MOE, shared_expert_intermediate_size=48),
        decoder(
            "qwen3",
            "Qwen3",
            ("dynamo18", "dynamo23", "legacy17", "optimum"),
            ("dynamo18", "dynamo23"),
            head_dim=16,
        ),
        decoder("qwen3-moe", "Qwen3Moe", BOTH, **MOE, head_dim=16),
        decoder("deepseek-v2", "DeepseekV2", BOTH, ("dynamo18",), 4, 24, 16, **MLA),
        decoder("deepseek-v3", "DeepseekV3", BOTH, ("dynamo18",), 4, 24, 16, **MLA),
        decoder("stablelm", "StableLm", ("dynamo18", "legacy17", "optimum"), ("dynamo18",)),
        decoder("starcoder2", "Starcoder2", BOTH, ("legacy17",)),
        decoder("gpt-bigcode", "GPTBigCode", BOTH, **GPT2_NAMES, drop=GPT2_DROP, multi_query=True),
        decoder(
            "gpt-neo",
            "GPTNeo",
            ("dynamo18", "legacy17", "optimum"),
            hidden_size=64,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=6,
            drop=("num_hidden_layers", "num_attention_heads", "num_key_value_heads"),
        ),
        decoder(
            "gptj",
            "GPTJ",
            ("dynamo18", "legacy17", "optimum"),
            ("dynamo18",),
            heads=4,
            **GPT2_NAMES,
            rotary_dim=8,
            drop=GPT2_DROP,
        ),
        decoder(
            "opt",
            "OPT",
            ("dynamo18", "legacy14", "optimum"),
            ("legacy17",),
            heads=4,
            ffn_dim=96,
            word_embed_proj_dim=64,
            drop=("intermediate_size", "num_key_value_heads"),
        ),
        decoder(
            "bloom",
            "Bloom",
            ("dynamo18", "legacy14", "optimum"),
            ("dynamo18",),
            heads=4,
            n_layer=2,
            n_head=4,
            drop=("num_hidden_layers", "num_attention_heads", "num_key_value_heads"),
        ),
        decoder("cohere", "Cohere", BOTH, ("dynamo18",)),
        decoder("cohere2", "Cohere2", D, sliding_window=6, sliding_window_pattern=2),
        decoder(
            "granite",
            "Granite",
            ("dynamo18", "legacy17", "optimum"),
            ("dynamo20",),
            embedding_multiplier=2.0,
            residual_multiplier=0.5,
            logits_scaling=3.0,
        ),
        decoder("granitemoe", "GraniteMoe", BOTH, num_local_experts=4, num_experts_per_tok=2),
        decoder("smollm3", "SmolLM3", ("dynamo18", "optimum"), no_rope_layers=[1, 0]),
        decoder("nemotron", "Nemotron", BOTH),
        decoder("glm", "Glm", BOTH, ("dynamo18",), head_dim=16),
        decoder("glm4", "Glm4", D, head_dim=16),
        decoder("persimmon", "Persimmon", BOTH, drop=("num_key_value_heads",)),
        decoder("helium", "Helium", D, head_dim=16),
        decoder(
            "gpt-oss",
            "GptOss",
            BOTH,
            num_local_experts=4,
            num_experts_per_tok=2,
            head_dim=16,
            sliding_window=6,
        ),
        decoder(
            "xglm",
            "XGLM",
            BOTH,
            d_model=64,
            attention_heads=4,
            ffn_dim=96,
            num_layers=2,
            drop=(
                "hidden_size",
                "num_hidden_layers",
                "num_attention_heads",
                "num_key_value_heads",
                "intermediate_size",
            ),
        ),
        decoder("biogpt", "BioGpt", D, drop=("num_key_value_heads",)),
        decoder(
            "mamba",
            "Mamba",
            BOTH,
            state_size=8,
            conv_kernel=4,
            time_step_rank=4,
            sizes=((1, 9), (2, 9)),
            axes={0: "batch"},
        ),
        decoder(
            "mamba2",
            "Mamba2",
            BOTH,
            state_size=8,
            num_heads=8,
            head_dim=16,
            n_groups=2,
            chunk_size=4,
            expand=2,
            sizes=((1, 9), (2, 9)),
            axes={0: "batch"},
        ),
        decoder(
            "recurrent-gemma",
            "RecurrentGemma",
            D,
            lru_width=64,
            attention_window_size=6,
            block_types=["recurrent", "attention"],
        ),
        decoder("olmo", "Olmo", L),
        decoder("gpt-neox-japanese", "GPTNeoXJapanese", D, drop=("num_key_value_heads",)),
        decoder("ernie4.5", "Ernie4_5", ("dynamo18", "legacy17"), head_dim=16),
        decoder(
            "exaone4", "Exaone4", D, sliding_window=6, sliding_window_pattern="LG", head_dim=16
        ),
        decoder("hunyuan", "HunYuanDenseV1", D, head_dim=16),
        decoder("lfm2", "Lfm2", D, conv_L_cache=3, layer_types=["conv", "full_attention"]),
        decoder("jetmoe", "JetMoe", D, kv_channels=16, num_local_experts=4, num_experts_per_tok=2),
        decoder("bitnet", "BitNet", D),
        decoder(
            "minimax",
            "MiniMax",
            D,
            num_local_experts=4,
            num_experts_per_tok=2,
            head_dim=16,
            block_size=4,
            layer_types=["linear_attention", "full_attention"],
        ),
        decoder("arcee", "Arcee", D),
        decoder("seed-oss", "SeedOss", D, head_dim=16),
    ],
    [],
)
