"""Exporters by name: `dynamo18`, `legacy14`, `optimum`, with `-ort` (the optimizer of ONNX
Runtime), `-fp16`, `-int8` (dynamic) or `-qdq` (static) behind them."""

import contextlib
import io
import logging
import re
import shutil
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import onnx
import torch
from torch.nn import functional


@contextlib.contextmanager
def quiet():
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


@contextlib.contextmanager
def traceable():
    """Masks by broadcasting instead of vmap, and caches that do not begin with a concatenation to
    an empty tensor: without them TorchScript cannot trace transformers."""
    from optimum.exporters.onnx import model_patcher as patches
    from transformers import cache_utils, masking_utils

    masks = masking_utils.ALL_MASK_ATTENTION_FUNCTIONS
    before = {kind: masks[kind] for kind in ("sdpa", "eager")}
    update, packed = cache_utils.DynamicLayer.update, masking_utils.find_packed_sequence_indices
    masks.register("sdpa", patches.sdpa_mask_without_vmap)
    masks.register("eager", patches.eager_mask_without_vmap)
    cache_utils.DynamicLayer.update = patches.patched_dynamic_layer_update
    masking_utils.find_packed_sequence_indices = patches.find_packed_sequence_indices_patched
    try:
        yield
    finally:
        for kind, function in before.items():
            masks.register(kind, function)
        cache_utils.DynamicLayer.update = update
        masking_utils.find_packed_sequence_indices = packed


def output_names(family, feeds):
    return [f"{name}_out" if name in feeds else name for name in family.outputs]


def dynamo(opset, family, module, feeds, path):
    shapes = tuple(
        {axis: torch.export.Dim.DYNAMIC for axis in family.axes.get(name, {})} or None
        for name in feeds
    )
    torch.onnx.export(
        module,
        tuple(feeds.values()),
        path,
        dynamo=True,
        opset_version=opset,
        input_names=list(feeds),
        output_names=output_names(family, feeds),
        dynamic_shapes=(shapes,),
        external_data=False,
        verbose=False,
    )


def plain_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    """For opsets before 14, whose TorchScript exporter does not know the fused one."""
    assert not dropout_p and not enable_gqa
    scores = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
    if is_causal:
        ones = torch.ones(scores.shape[-2:], dtype=torch.int64)
        scores = scores.masked_fill(ones.triu(1) > 0, float("-inf"))
    if attn_mask is not None:
        scores = scores + attn_mask
    return scores.softmax(-1) @ value


def legacy(opset, family, module, feeds, path):
    attention = plain_attention if opset < 14 else functional.scaled_dot_product_attention
    with traceable(), mock.patch.object(functional, "scaled_dot_product_attention", attention):
        torch.onnx.export(
            module,
            tuple(feeds.values()),
            path,
            dynamo=False,
            opset_version=opset,
            input_names=list(feeds),
            output_names=output_names(family, feeds),
            dynamic_axes={n: a for n, a in family.axes.items() if a},
        )


def optimum(_opset, family, module, _feeds, path):
    from optimum.exporters.onnx import onnx_export_from_model

    with tempfile.TemporaryDirectory() as scratch:
        onnx_export_from_model(module.inner, Path(scratch), task=family.task, do_validation=False)
        shutil.copy(Path(scratch) / "model.onnx", path)


def ort(kind, source, target, _family, _feeds):
    from onnxruntime.transformers import optimizer

    optimizer.optimize_model(
        str(source), model_type=kind or "bert", opt_level=0, num_heads=4, hidden_size=64
    ).save_model_to_file(str(target))


def fp16(_kind, source, target, _family, _feeds):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(source)), target)


def int8(_kind, source, target, _family, _feeds):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8)


def qdq(_kind, source, target, family, _feeds):
    from onnxruntime.quantization import CalibrationDataReader, quantize_static, shape_inference

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = [
                {n: t.numpy() for n, t in feeds.items()} for feeds in family.cases().values()
            ]

        def get_next(self):
            return self.left.pop() if self.left else None

    prepared = source.with_name("prepared.onnx")
    shape_inference.quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(prepared, target, Reader())


BASES = {"dynamo": dynamo, "legacy": legacy, "optimum": optimum}
STEPS = {"ort": ort, "fp16": fp16, "int8": int8, "qdq": qdq}


def exporter(name):
    """The function (family, module, feeds, directory) that writes directory/model.onnx."""
    base, *steps = name.split("-")
    kind, opset = re.fullmatch(r"([a-z]+)(\d*)", base).groups()

    def export(family, module, feeds, directory):
        target = directory / "model.onnx"
        with quiet(), tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "0.onnx" if steps else target
            with torch.no_grad():
                BASES[kind](int(opset or 0), family, module, feeds, source)
            for number, step in enumerate(steps):
                last = number + 1 == len(steps)
                following = target if last else Path(scratch) / f"{number + 1}.onnx"
                STEPS[step](family.name if step == "ort" else "", source, following, family, feeds)
                source = following
        if not steps:
            strip(target)

    return export


def strip(path):
    """Stack traces are a good third of a small file and change with every version."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("metadata_props")
    onnx.save(model, path)
