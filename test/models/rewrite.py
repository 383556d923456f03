"""Rewrites a model at random into one that computes the same: other spellings of one meaning, as
other exporters would write them. Each rule looks at the graph's structure alone."""

import numpy as np
from onnx import TensorProto, helper
from rewrite_graph import Graph
from rewrite_rules import EDGE_RULES, RULES


def rewrite_nodes(g, share):
    """Applies a random rule to about `share` of the nodes where one fits."""
    nodes = []
    for node in g.graph.node:
        replacement = None
        if node.domain in ("", "ai.onnx") and g.random.random() < share:
            rules = list(RULES)
            g.random.shuffle(rules)
            replacement = next(filter(None, (rule(g, node) for rule in rules)), None)
        nodes += replacement or [node]
    del g.graph.node[:]
    g.graph.node.extend(nodes)


def rewrite_edges(g, share):
    """Passes about `share` of the operands through something that changes nothing."""
    nodes = []
    for node in g.graph.node:
        for place, name in enumerate(node.input):
            usable = name and name not in g.constants and name in g.types
            if usable and g.random.random() < share:
                passing = g.random.choice(EDGE_RULES)(g, name)
                if passing:
                    nodes += passing
                    node.input[place] = passing[-1].output[0]
        nodes.append(node)
    del g.graph.node[:]
    g.graph.node.extend(nodes)


def move_constants(g):
    """Some small initializers become Constant nodes, and the other way round."""
    inputs = {info.name for info in g.graph.input}
    kept, nodes = [], []
    for tensor in g.graph.initializer:
        small = tensor.data_location != TensorProto.EXTERNAL and int(np.prod(tensor.dims)) <= 64
        if small and tensor.name not in inputs and g.random.random() < 0.5:
            nodes.append(helper.make_node("Constant", [], [tensor.name], value=tensor))
        else:
            kept.append(tensor)
    for node in g.graph.node:
        is_tensor = node.op_type == "Constant" and node.attribute[0].name == "value"
        if is_tensor and g.random.random() < 0.5:
            tensor = TensorProto()
            tensor.CopyFrom(node.attribute[0].t)
            tensor.name = node.output[0]
            kept.append(tensor)
        else:
            nodes.append(node)
    del g.graph.initializer[:], g.graph.node[:]
    g.graph.initializer.extend(kept)
    g.graph.node.extend(nodes)


def free_names(graph):
    """Names that a graph's nodes, and the graphs inside of them, take from outside."""
    own = {name for node in graph.node for name in node.output}
    own |= {entry.name for entry in [*graph.initializer, *graph.input]}
    used = {entry.name for entry in graph.output}
    for node in graph.node:
        used |= needs(node)
    return used - own


def needs(node):
    names = set(node.input)
    for entry in node.attribute:
        for inner in ([entry.g] if entry.HasField("g") else list(entry.graphs)):
            names |= free_names(inner)
    return names - {""}


def shuffle_order(g):
    """Another topological order."""
    waiting = list(g.graph.node)
    made = {entry.name for entry in [*g.graph.input, *g.graph.initializer]} | {""}
    made |= {entry.values.name for entry in g.graph.sparse_initializer}
    done = []
    while waiting:
        ready = [node for node in waiting if needs(node) <= made]
        node = g.random.choice(ready)
        waiting.remove(node)
        made |= set(node.output)
        done.append(node)
    del g.graph.node[:]
    g.graph.node.extend(done)


def rename(g):
    """New names for all but inputs and outputs; graphs inside of nodes keep theirs."""
    kept = {entry.name for entry in [*g.graph.input, *g.graph.output]} | {""}
    for node in g.graph.node:
        for entry in node.attribute:
            for inner in ([entry.g] if entry.HasField("g") else list(entry.graphs)):
                kept |= free_names(inner)
    names = {}

    def new(name):
        if name in kept:
            return name
        return names.setdefault(name, f"v{len(names)}")

    for number, node in enumerate(g.graph.node):
        node.name = f"n{number}"
        for field in (node.input, node.output):
            field[:] = [new(name) for name in field]
    for tensor in g.graph.initializer:
        tensor.name = new(tensor.name)
    del g.graph.value_info[:], g.graph.quantization_annotation[:]


def rewrite(model, seed, share=0.3):
    """A model that computes the same."""
    g = Graph(model, seed)
    rewrite_nodes(g, share)
    g.learn()
    rewrite_edges(g, share / 4)
    g.learn()
    move_constants(g)
    shuffle_order(g)
    rename(g)
    return g.model
