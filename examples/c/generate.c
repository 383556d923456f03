/* Continues token ids greedily: generate MODULE.hgn COUNT ID... Prints the new
 * ids, the time to the first of them and the rate of the others. The module is
 * a decoder that keeps its cache: `hagane compile decoder.onnx --stateful`. */
#include <hagane/runtime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kMaxInputs = 16, kMaxOutputs = 16 };

typedef struct decoder {
  hgn_session *session;
  hgn_sequence sequence;
  uint32_t input_count, output_count;
  uint32_t ids, logits; /* which input and output */
  hgn_tensor inputs[kMaxInputs], outputs[kMaxOutputs];
} decoder;

static void check(hgn_status status) {
  if (!status)
    return;
  fprintf(stderr, "generate: %s\n", hgn_status_message(status));
  hgn_status_release(status);
  exit(1);
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void start(decoder *d, hgn_module *module, int64_t positions) {
  const hgn_module_info *info = hgn_module_get_info(module);
  memset(d, 0, sizeof *d);
  check(hgn_module_find_input(module, "input_ids", &d->ids));
  check(hgn_module_find_output(module, "logits", &d->logits));
  d->input_count = info->input_count;
  d->output_count = info->output_count;
  if (info->cache.page == 0 || info->input_count > kMaxInputs ||
      info->output_count > kMaxOutputs) {
    fprintf(stderr, "generate: the module keeps no cache, or has too many "
                    "inputs or outputs\n");
    exit(1);
  }
  hgn_session_options options = {0};
  options.cache_pages = (positions + info->cache.page - 1) / info->cache.page;
  check(hgn_session_create(module, &options, &d->session));
  check(hgn_sequence_create(d->session, &d->sequence));
}

/* Appends tokens; the most likely one behind them. The session fills masks,
 * positions and what else speaks of the cache. */
static int64_t step(decoder *d, int64_t *ids, int64_t count) {
  int64_t dims[] = {1, count};
  d->inputs[d->ids] =
      (hgn_tensor){ids, (uint64_t)count * sizeof *ids, HGN_I64, 2, dims};
  check(hgn_sequence_step(d->session, &d->sequence, 1, d->inputs,
                          d->input_count, d->outputs, d->output_count));
  const hgn_tensor *logits = &d->outputs[d->logits];
  if (logits->dtype != HGN_F32) {
    fprintf(stderr, "generate: the logits are %s, expected f32\n",
            hgn_dtype_name(logits->dtype));
    exit(1);
  }
  int64_t size = logits->dims[logits->rank - 1], best = 0;
  int64_t rows = (int64_t)(logits->bytes / sizeof(float)) / size;
  const float *last = (const float *)logits->data + (rows - 1) * size;
  for (int64_t i = 1; i < size; ++i)
    best = last[i] > last[best] ? i : best;
  return best;
}

int main(int argc, char **argv) {
  double begin = now_ms();
  int64_t count = argc > 3 ? atoll(argv[2]) : 0, prompt = argc - 3;
  if (count < 1) {
    fprintf(stderr, "usage: %s MODULE.hgn COUNT ID...\n", argv[0]);
    return 2;
  }
  int64_t *ids = malloc((size_t)prompt * sizeof *ids);
  if (!ids)
    return 1;
  for (int64_t i = 0; i < prompt; ++i)
    ids[i] = atoll(argv[3 + i]);

  hgn_module *module = NULL;
  decoder d;
  check(hgn_module_open(argv[1], NULL, &module));
  start(&d, module, prompt + count);
  int64_t token = step(&d, ids, prompt);
  double first = now_ms();
  printf("%lld", (long long)token);
  for (int64_t i = 1; i < count; ++i) {
    token = step(&d, &token, 1);
    printf(" %lld", (long long)token);
  }
  double end = now_ms();
  printf("\nfirst token after %.1f ms", first - begin);
  if (count > 1)
    printf(", then %.1f tokens/s", (double)(count - 1) * 1e3 / (end - first));
  printf("\n");

  free(ids);
  hgn_session_release(d.session);
  hgn_module_release(module);
  return 0;
}
