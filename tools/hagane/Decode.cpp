// hagane bench --decode: steps of one token behind a context, and a prompt.
//
// A module that keeps its caches has sequences, which are cut back after each
// step. For one whose caches are inputs and outputs, a step is a run with
// caches of the context's length.
#include "Decode.h"

#include "BenchReport.h"

#include <cstdio>
#include <cstring>
#include <string_view>

namespace hagane::tool {
namespace {

constexpr int64_t kPrefillPiece = 512;

/// The symbols of a decoder's sizes, as indices; -1: it has none.
struct DecoderSymbols {
  int32_t batch = -1, step = -1, past = -1;
};

const hgn_value_info *findInput(const hgn_module_info &info, const char *name) {
  for (uint32_t i = 0; i < info.input_count; ++i)
    if (std::strcmp(info.inputs[i].name, name) == 0)
      return &info.inputs[i];
  return nullptr;
}

DecoderSymbols symbolsOf(const hgn_module_info &info) {
  if (info.cache.page > 0)
    return {info.cache.batch.symbol, info.cache.step.symbol,
            info.cache.past_symbol};
  const hgn_value_info *ids = findInput(info, "input_ids");
  if (!ids || ids->rank != 2)
    throw Error("the module has no input 'input_ids' of rank 2");
  DecoderSymbols symbols{ids->dims[0].symbol, ids->dims[1].symbol, -1};
  for (uint32_t i = 0; i < info.input_count && symbols.past < 0; ++i) {
    const hgn_value_info &input = info.inputs[i];
    if (std::strncmp(input.name, "past", 4) != 0)
      continue;
    for (int32_t d = 0; d < input.rank; ++d)
      if (input.dims[d].symbol >= 0 && input.dims[d].symbol != symbols.batch)
        symbols.past = input.dims[d].symbol;
  }
  if (symbols.past < 0)
    throw Error("the module has no cache: expected inputs named 'past...', or "
                "a module compiled with --stateful");
  return symbols;
}

/// The values of all symbols for a step of `step` tokens behind `past`; those
/// that the caller gave stay.
DimValues valuesOf(const hgn_module_info &info, const BenchOptions &options,
                   int64_t past, int64_t step, int64_t pages) {
  DecoderSymbols symbols = symbolsOf(info);
  DimValues values = options.dims;
  auto set = [&](int32_t symbol, int64_t value) {
    if (symbol >= 0)
      values.insert({info.symbols[symbol].name, value});
  };
  set(symbols.batch, options.batch);
  set(symbols.step, step);
  set(symbols.past, past);
  if (const hgn_value_info *mask = findInput(info, "attention_mask"))
    if (mask->rank > 0)
      set(mask->dims[mask->rank - 1].symbol, past + step);
  if (info.cache.page > 0) {
    set(info.cache.pages_symbol, pages);
    set(info.cache.table_symbol,
        (past + step + info.cache.page - 1) / info.cache.page);
  }
  return values;
}

/// Adapts random integers, of whichever width.
template <typename Fn> void mapIntegers(HostTensor &tensor, Fn fn) {
  auto apply = [&](auto *values, size_t count) {
    using Value = std::remove_pointer_t<decltype(values)>;
    for (size_t i = 0; i < count; ++i)
      values[i] = Value(fn(int64_t(values[i])));
  };
  if (tensor.dtype == HGN_I64)
    apply(reinterpret_cast<int64_t *>(tensor.data.data()),
          tensor.data.size() / sizeof(int64_t));
  else if (tensor.dtype == HGN_I32)
    apply(reinterpret_cast<int32_t *>(tensor.data.data()),
          tensor.data.size() / sizeof(int32_t));
}

/// Tokens of the vocabulary, as the last dim of the logits tells it, and
/// positions behind those in the cache.
void adaptInputs(const hgn_module_info &info, int64_t past,
                 std::vector<HostTensor> &inputs) {
  int64_t vocabulary = 0;
  for (uint32_t i = 0; i < info.output_count; ++i)
    if (std::strcmp(info.outputs[i].name, "logits") == 0 &&
        info.outputs[i].rank > 0)
      vocabulary = info.outputs[i].dims[info.outputs[i].rank - 1].fixed;
  for (uint32_t i = 0; i < info.input_count; ++i) {
    std::string_view name = info.inputs[i].name;
    if (name == "input_ids" && vocabulary > 0)
      mapIntegers(inputs[i], [&](int64_t id) { return id % vocabulary; });
    if (name == "position_ids")
      mapIntegers(inputs[i], [&](int64_t at) { return at + past; });
  }
}

/// Pages for the longest that all sequences become.
int64_t pagesFor(const hgn_module_info &info, const BenchOptions &options,
                 int64_t prefill) {
  if (info.cache.page == 0)
    return 0;
  int64_t longest = std::max(prefill, options.context + 1);
  return options.batch * ((longest + info.cache.page - 1) / info.cache.page);
}

/// Sequences of the same length in a session that keeps them.
class Sequences {
public:
  Sequences(Session &session, int64_t count) : session(session) {
    for (int64_t i = 0; i < count; ++i) {
      ids.push_back(0);
      check(hgn_sequence_create(session.get(), &ids.back()));
    }
  }
  hgn_status truncate(int64_t length) {
    for (hgn_sequence id : ids)
      if (hgn_status status = hgn_sequence_truncate(session.get(), id, length))
        return status;
    return nullptr;
  }
  hgn_status step(std::vector<hgn_tensor> &inputs,
                  std::vector<hgn_tensor> &outputs) {
    return hgn_sequence_step(session.get(), ids.data(), uint32_t(ids.size()),
                             inputs.data(), uint32_t(inputs.size()),
                             outputs.data(), uint32_t(outputs.size()));
  }

private:
  Session &session;
  std::vector<hgn_sequence> ids;
};

/// A step of sequences, from the same length each time.
class StepMeasurement : public Measurement {
public:
  StepMeasurement(Session &session, Sequences &sequences, int64_t length,
                  std::vector<HostTensor> inputs)
      : Measurement(session, std::move(inputs)), sequences(sequences),
        length(length) {}

protected:
  hgn_status run() override {
    if (hgn_status status = sequences.truncate(length))
      return status;
    return sequences.step(views, outputs);
  }

private:
  Sequences &sequences;
  int64_t length;
};

/// What a decoder takes.
class DecoderBench {
public:
  DecoderBench(hgn_module *module, const BenchOptions &options)
      : options(options),
        prefill(options.prefill ? options.prefill : options.context),
        info(*hgn_module_get_info(module)), symbols(symbolsOf(info)),
        pages(pagesFor(info, options, prefill)),
        session(module, options.threads, pages),
        sequences(session, info.cache.page > 0 ? options.batch : 0) {}

  double measurePrefill() {
    std::vector<double> times;
    auto start = Clock::now();
    do
      times.push_back(fill(prefill));
    while (times.size() < 3 && secondsSince(start) < 3 * options.minSeconds);
    return median(times);
  }
  BenchResult measureSteps() {
    if (info.cache.page > 0)
      fill(options.context);
    std::unique_ptr<Measurement> measurement =
        measure(options.context, takesSteps() ? 1 : stepSize());
    return measureRuns(session, *measurement, options);
  }
  int64_t prefillTokens() const { return prefill; }

private:
  /// Whether a step may have any number of tokens.
  bool takesSteps() const { return symbols.step >= 0; }
  int64_t stepSize() const {
    return std::max<int64_t>(info.cache.step.fixed, 1);
  }

  std::unique_ptr<Measurement> measure(int64_t past, int64_t step) {
    std::vector<HostTensor> inputs =
        session.randomInputs(valuesOf(info, options, past, step, pages));
    adaptInputs(info, past, inputs);
    if (info.cache.page == 0)
      return std::make_unique<Measurement>(session, std::move(inputs));
    return std::make_unique<StepMeasurement>(session, sequences, past,
                                             std::move(inputs));
  }

  /// Seconds that a prompt of `length` takes, in pieces where that is possible.
  double fill(int64_t length) {
    int64_t piece = takesSteps() ? length : stepSize();
    if (takesSteps() && info.cache.page > 0)
      piece = std::min(piece, kPrefillPiece);
    double seconds = 0;
    if (info.cache.page > 0)
      check(sequences.truncate(0));
    for (int64_t past = 0; past < length; past += piece)
      seconds += measure(past, std::min(piece, length - past))->runOnce();
    return seconds;
  }

  const BenchOptions &options;
  int64_t prefill;
  const hgn_module_info &info;
  DecoderSymbols symbols;
  int64_t pages;
  Session session;
  Sequences sequences;
};

struct DecodeResult {
  BenchResult steps;
  double prefillSeconds = 0;
  int64_t batch = 1, context = 0, prefill = 0;
  Rates rates;

  double tokensPerSecond() const { return double(batch) / steps.median(); }
  double prefillTokensPerSecond() const {
    return double(batch * prefill) / prefillSeconds;
  }
  double bytesPerToken() const { return steps.bytes() / double(batch); }
  double bytesPerSecond() const { return steps.bytes() / steps.median(); }
  double bandwidthShare() const { return bytesPerSecond() / rates.memoryBytes; }
};

Json toJson(const DecodeResult &result, const BenchOptions &options) {
  Json json{{"tokens_per_second", result.tokensPerSecond()},
            {"prefill_tokens_per_second", result.prefillTokensPerSecond()},
            {"prefill_ms", result.prefillSeconds * 1e3},
            {"batch", result.batch},
            {"context", result.context},
            {"prefill", result.prefill}};
  if (options.listsKernels)
    json.update({{"bytes_per_token", result.bytesPerToken()},
                 {"gbs", result.bytesPerSecond() / 1e9},
                 {"memory_gbs", result.rates.memoryBytes / 1e9},
                 {"bandwidth_share", result.bandwidthShare()}});
  json["step"] = toJson(result.steps, options.profile);
  return json;
}

void print(DecodeResult result, const BenchOptions &options) {
  std::printf("decode: %.2f tokens/s, %.3f ms a step (min %.3f), batch %lld, "
              "context %lld, %d threads\n",
              result.tokensPerSecond(), result.steps.median() * 1e3,
              result.steps.least() * 1e3, (long long)result.batch,
              (long long)result.context, result.steps.threads);
  if (options.listsKernels)
    std::printf("        %.2f MB a token, %.1f GB/s: %.1f %% of the %.1f that "
                "this machine reads now\n",
                result.bytesPerToken() / 1e6, result.bytesPerSecond() / 1e9,
                100 * result.bandwidthShare(), result.rates.memoryBytes / 1e9);
  std::printf("prefill: %.1f tokens/s, %lld tokens of each sequence in %.3f "
              "ms\n",
              result.prefillTokensPerSecond(), (long long)result.prefill,
              result.prefillSeconds * 1e3);
  printKernels(std::move(result.steps), options.profile);
}

} // namespace

void benchDecoding(hgn_module *module, const BenchOptions &options) {
  DecoderBench bench(module, options);
  DecodeResult result;
  result.batch = options.batch;
  result.context = options.context;
  result.prefill = bench.prefillTokens();
  result.prefillSeconds = bench.measurePrefill();
  result.steps = bench.measureSteps();
  if (options.listsKernels)
    result.rates = options.profile ? result.steps.rates
                                   : measureRates(result.steps.threads);
  if (options.json)
    std::printf("%s\n", toText(toJson(result, options)).c_str());
  else
    print(std::move(result), options);
}

} // namespace hagane::tool
