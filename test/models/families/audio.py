"""Speech and sound of transformers."""

import torch
import transformers as hf
from core import VOCAB, Family, ids, mask, normal

WAVE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "vocab_size": 20,
    "conv_dim": (16, 16, 16),
    "conv_stride": (5, 2, 2),
    "conv_kernel": (10, 3, 2),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}
WAVES = ((1, 400), (2, 635))
TIME = {0: "batch", 1: "samples"}


def waves(sizes=WAVES):
    return lambda: {f"b{b}_n{n}": {"input_values": normal(b, n)} for b, n in sizes}


def wave(
    name, stem, exporters=("dynamo18", "legacy17"), kind="ForCTC", outputs=("logits",), **changes
):
    return Family(
        name,
        lambda: getattr(hf, stem + kind)(getattr(hf, stem + "Config")(**WAVE | changes)),
        waves(),
        {"input_values": TIME},
        outputs,
        exporters,
        task="automatic-speech-recognition",
    )


def whisper(kind):
    config = {
        "vocab_size": VOCAB,
        "num_mel_bins": 20,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "d_model": 64,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 96,
        "decoder_ffn_dim": 96,
        "max_source_positions": 24,
        "max_target_positions": 32,
        "decoder_start_token_id": 3,
        "pad_token_id": 1,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
    }
    return lambda: getattr(hf, kind)(hf.WhisperConfig(**config))


def sounds(b, t):
    return {"input_features": normal(b, 20, 48), "decoder_input_ids": ids(b, t)}


class Encoder(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, *inputs):
        return self.inner(*inputs).last_hidden_state


class Codec(torch.nn.Module):
    """To the codes and back to sound."""

    def __init__(self, inner, decode):
        super().__init__()
        self.inner, self.decode = inner, decode

    def forward(self, sound):
        return self.decode(self.inner, sound)


def encodec():
    config = hf.EncodecConfig(
        num_filters=4,
        upsampling_ratios=[4, 2],
        hidden_size=16,
        codebook_size=16,
        codebook_dim=16,
        num_lstm_layers=1,
        target_bandwidths=[6.0],
        sampling_rate=8000,
        normalize=False,
    )
    return hf.EncodecModel(config)


def dac():
    return hf.DacModel(
        hf.DacConfig(
            encoder_hidden_size=8,
            downsampling_ratios=[2, 4],
            decoder_hidden_size=16,
            n_codebooks=2,
            codebook_size=16,
            codebook_dim=4,
            upsampling_ratios=[4, 2],
        )
    )


def codec(
    name,
    make,
    decode,
    exporters=("dynamo18", "legacy17"),
    sizes=((1, 160), (2, 240)),
    axes=None,
    output="sound_out",
):
    return Family(
        name,
        lambda: Codec(make(), decode),
        lambda: {f"b{b}_n{n}": {"sound": 0.1 * normal(b, 1, n)} for b, n in sizes},
        {"sound": axes or {0: "batch", 2: "samples"}},
        (output,),
        exporters,
        positional=True,
    )


def vocoder():
    return hf.SpeechT5HifiGan(
        hf.SpeechT5HifiGanConfig(
            model_in_dim=20,
            upsample_initial_channel=32,
            upsample_rates=[4, 2],
            upsample_kernel_sizes=[8, 4],
            resblock_kernel_sizes=[3, 7],
            resblock_dilation_sizes=[[1, 3], [1, 3]],
        )
    )


def musicgen():
    return hf.MusicgenForCausalLM(
        hf.MusicgenDecoderConfig(
            vocab_size=VOCAB,
            hidden_size=64,
            ffn_dim=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_codebooks=2,
            max_position_embeddings=64,
            pad_token_id=0,
            bos_token_id=0,
        )
    )


def moonshine():
    return hf.MoonshineForConditionalGeneration(
        hf.MoonshineConfig(
            vocab_size=VOCAB,
            hidden_size=64,
            intermediate_size=96,
            encoder_num_hidden_layers=2,
            decoder_num_hidden_layers=2,
            encoder_num_attention_heads=4,
            decoder_num_attention_heads=4,
            max_position_embeddings=64,
            decoder_start_token_id=1,
            bos_token_id=1,
            eos_token_id=2,
        )
    )


def speech_to_text():
    return hf.Speech2TextForConditionalGeneration(
        hf.Speech2TextConfig(
            vocab_size=VOCAB,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            input_feat_per_channel=20,
            conv_channels=32,
            max_source_positions=64,
            max_target_positions=32,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
        )
    )


FAMILIES = [
    wave("wav2vec2", "Wav2Vec2", ("dynamo18", "legacy17", "legacy14", "optimum", "legacy14-int8")),
    wave(
        "wav2vec2-layer-norm",
        "Wav2Vec2",
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        conv_bias=True,
    ),
    wave("hubert", "Hubert", ("dynamo20", "legacy17", "optimum")),
    wave("wavlm", "WavLM", ("dynamo18", "legacy17"), num_buckets=16, max_bucket_distance=20),
    wave("unispeech", "UniSpeech", ("legacy17",)),
    wave("sew", "SEW", squeeze_factor=2),
    wave(
        "data2vec-audio",
        "Data2VecAudio",
        ("dynamo18", "legacy17"),
        conv_pos_kernel_size=5,
        num_conv_pos_embeddings=2,
    ),
    wave(
        "wav2vec2-conformer",
        "Wav2Vec2Conformer",
        ("dynamo18", "legacy17"),
        conv_depthwise_kernel_size=5,
        position_embeddings_type="rotary",
    ),
    wave(
        "wav2vec2-conformer-relative",
        "Wav2Vec2Conformer",
        ("dynamo18", "legacy17"),
        conv_depthwise_kernel_size=5,
        position_embeddings_type="relative",
    ),
    Family(
        "whisper",
        whisper("WhisperForConditionalGeneration"),
        lambda: {f"b{b}_t{t}": sounds(b, t) for b, t in ((1, 1), (1, 5), (3, 4))},
        {"input_features": {0: "batch"}, "decoder_input_ids": {0: "batch", 1: "target"}},
        ("logits",),
        ("dynamo18", "dynamo23", "legacy14", "legacy17", "legacy17-int8"),
        fixed={"use_cache": False},
    ),
    Family(
        "whisper-encoder",
        lambda: Encoder(whisper("WhisperModel")().encoder),
        lambda: {f"b{b}": {"input_features": normal(b, 20, 48)} for b in (1, 3)},
        {"input_features": {0: "batch"}},
        ("hidden",),
        ("dynamo18", "legacy17-fp16"),
        positional=True,
    ),
    Family(
        "moonshine",
        moonshine,
        lambda: {
            f"b{b}_n{n}_t{t}": {"input_values": normal(b, n), "decoder_input_ids": ids(b, t)}
            for b, n, t in ((1, 2400, 3), (2, 3100, 5))
        },
        {"input_values": TIME, "decoder_input_ids": {0: "batch", 1: "target"}},
        ("logits",),
        fixed={"use_cache": False},
    ),
    Family(
        "speech-to-text",
        speech_to_text,
        lambda: {
            f"b{b}_f{f}": {
                "input_features": normal(b, f, 20),
                "attention_mask": mask(b, f, 0),
                "decoder_input_ids": ids(b, 4),
            }
            for b, f in ((1, 21), (2, 30))
        },
        {
            "input_features": {0: "batch", 1: "frames"},
            "attention_mask": {0: "batch", 1: "frames"},
            "decoder_input_ids": {0: "batch"},
        },
        ("logits",),
        fixed={"use_cache": False},
    ),
    Family(
        "ast",
        lambda: hf.ASTForAudioClassification(
            hf.ASTConfig(
                hidden_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=96,
                patch_size=8,
                max_length=48,
                num_mel_bins=16,
                frequency_stride=6,
                time_stride=6,
            )
        ),
        lambda: {f"b{b}": {"input_values": normal(b, 48, 16)} for b in (1, 3)},
        {"input_values": {0: "batch"}},
        ("logits",),
        ("dynamo18", "legacy17", "optimum"),
        task="audio-classification",
    ),
    Family(
        "musicgen-decoder",
        musicgen,
        lambda: {
            f"b{b}_t{t}": {
                "input_ids": ids(2 * b, t),
                "encoder_hidden_states": normal(b, s, 64),
                "encoder_attention_mask": mask(b, s),
            }
            for b, t, s in ((1, 4, 5), (2, 7, 9))
        },
        {
            "input_ids": {0: "books", 1: "target"},
            "encoder_hidden_states": {0: "batch", 1: "source"},
            "encoder_attention_mask": {0: "batch", 1: "source"},
        },
        ("logits",),
        fixed={"use_cache": False},
    ),
    codec("encodec-encode", encodec, lambda m, x: m.encoder(x)),
    codec(
        "encodec-codes",
        encodec,
        lambda m, x: m.quantizer.encode(m.encoder(x), 6.0),
        axes={0: "batch"},
        sizes=((1, 160), (2, 160)),
        output="codes",
    ),
    codec(
        "encodec",
        encodec,
        lambda m, x: m.decoder(m.quantizer.decode(m.quantizer.encode(m.encoder(x), 6.0))),
    ),
    codec("dac", dac, lambda m, x: m.decoder(m.quantizer(m.encoder(x))[0])),
    Family(
        "hifigan",
        vocoder,
        lambda: {f"b{b}_f{f}": {"spectrogram": normal(b, f, 20)} for b, f in ((1, 9), (2, 14))},
        {"spectrogram": {0: "batch", 1: "frames"}},
        ("waveform",),
        positional=True,
    ),
    Family(
        "univnet",
        lambda: hf.UnivNetModel(
            hf.UnivNetConfig(
                model_in_channels=8,
                model_hidden_channels=8,
                num_mel_bins=20,
                resblock_kernel_sizes=[3],
                resblock_stride_sizes=[4],
                resblock_dilation_sizes=[[1, 3]],
                kernel_predictor_num_blocks=1,
                kernel_predictor_hidden_channels=8,
            )
        ),
        lambda: {
            f"b{b}_f{f}": {"input_features": normal(b, f, 20), "noise_sequence": normal(b, f, 8)}
            for b, f in ((1, 9), (2, 14))
        },
        {"input_features": {0: "batch", 1: "frames"}, "noise_sequence": {0: "batch", 1: "frames"}},
        ("waveforms",),
        ("legacy17", "dynamo18"),
    ),
]
