"""Continues a text with a decoder, as it comes.

usage: generate.py MODEL TOKENIZER PROMPT [options]

MODEL is an ONNX file with past inputs and present outputs, or the module compiled from it; TOKENIZER
the tokenizer.json beside the model.
"""

import argparse

import tokenizers

import hagane


def parse_arguments():
    parser = argparse.ArgumentParser(description="Continues a text with a decoder, as it comes.")
    parser.add_argument("model", help=".onnx, or .hgn as `hagane compile` writes it")
    parser.add_argument("tokenizer", help="tokenizer.json")
    parser.add_argument("prompt")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--temperature", type=float, default=0.8, help="0: the most likely token")
    parser.add_argument("--top-k", type=int, default=40)
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--min-p", type=float, default=0.0)
    parser.add_argument("--repetition-penalty", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", action="append", default=[], help="a text that ends it; repeatable")
    parser.add_argument("--threads", type=int, default=0)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    tokenizer = tokenizers.Tokenizer.from_file(arguments.tokenizer)
    open_module = hagane.compile if arguments.model.endswith(".onnx") else hagane.load
    session = open_module(arguments.model).session(arguments.threads)
    # Tokens that end a text, by their usual names.
    ends = [tokenizer.token_to_id(name) for name in ("</s>", "<|endoftext|>", "<|eot_id|>", "<|im_end|>")]
    made = hagane.generate(
        session, arguments.prompt, tokenizer=tokenizer, max_tokens=arguments.max_tokens,
        temperature=arguments.temperature, top_k=arguments.top_k, top_p=arguments.top_p,
        min_p=arguments.min_p, repetition_penalty=arguments.repetition_penalty, seed=arguments.seed,
        stop=arguments.stop + [end for end in ends if end is not None], stream=True)
    for piece in made:
        print(piece, end="", flush=True)
    print()


if __name__ == "__main__":
    main()
