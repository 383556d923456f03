/* Runs a module on tensors from standard input, one run after the other until
 * its end, and writes the outputs of each to standard output.
 *
 * usage: run_module MODULE THREADS [LEVEL]
 *
 * An input is: u32 length of its name, the name, i32 rank, the i64 dims, u64
 * bytes, the bytes. An output is: i32 type, and the same without its name. */
#include <hagane/runtime.h>
#include <stdio.h>
#include <stdlib.h>

enum { kMaxRank = 16, kMaxName = 255 };

static void check(hgn_status status) {
  if (!status)
    return;
  fprintf(stderr, "%s\n", hgn_status_message(status));
  _Exit(1);
}

static void need(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "standard input: %s\n", what);
  _Exit(2);
}

static void take(void *bytes, size_t count) {
  need(fread(bytes, 1, count, stdin) == count, "ends too early");
}

static void give(const void *bytes, size_t count) {
  if (fwrite(bytes, 1, count, stdout) != count)
    _Exit(2);
}

/* False at the end of the standard input. */
static int read_input(hgn_module *module, hgn_tensor *inputs) {
  uint32_t length, index;
  char name[kMaxName + 1];
  if (fread(&length, sizeof length, 1, stdin) != 1)
    return 0;
  need(length <= kMaxName, "a name is too long");
  take(name, length);
  name[length] = '\0';
  check(hgn_module_find_input(module, name, &index));
  hgn_tensor *tensor = &inputs[index];
  tensor->dtype = hgn_module_get_info(module)->inputs[index].dtype;
  take(&tensor->rank, sizeof tensor->rank);
  need(tensor->rank >= 0 && tensor->rank <= kMaxRank, "a rank is too large");
  int64_t *dims = calloc(kMaxRank, sizeof *dims);
  take(dims, sizeof *dims * (size_t)tensor->rank);
  tensor->dims = dims;
  take(&tensor->bytes, sizeof tensor->bytes);
  tensor->data = aligned_alloc(64, (tensor->bytes / 64 + 1) * 64);
  take(tensor->data, tensor->bytes);
  return 1;
}

static void write_output(const hgn_tensor *tensor) {
  give(&tensor->dtype, sizeof tensor->dtype);
  give(&tensor->rank, sizeof tensor->rank);
  give(tensor->dims, sizeof *tensor->dims * (size_t)tensor->rank);
  give(&tensor->bytes, sizeof tensor->bytes);
  give(tensor->data, tensor->bytes);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s MODULE THREADS [LEVEL]\n", argv[0]);
    return 2;
  }
  hgn_open_options open = {.flags = HGN_OPEN_VERIFY,
                           .level = argc > 3 ? argv[3] : NULL};
  hgn_session_options options = {0};
  options.threads = atoi(argv[2]);
  hgn_module *module = NULL;
  hgn_session *session = NULL;
  check(hgn_module_open(argv[1], &open, &module));
  check(hgn_session_create(module, &options, &session));
  const hgn_module_info *info = hgn_module_get_info(module);
  uint32_t ins = info->input_count, outs = info->output_count;
  for (;;) {
    hgn_tensor *inputs = calloc(ins + 1, sizeof *inputs);
    hgn_tensor *outputs = calloc(outs + 1, sizeof *outputs);
    for (uint32_t i = 0; i < ins; ++i)
      if (!read_input(module, inputs)) {
        need(i == 0, "ends between the inputs of a run");
        return 0;
      }
    check(hgn_session_run(session, inputs, ins, outputs, outs));
    for (uint32_t i = 0; i < outs; ++i)
      write_output(&outputs[i]);
    fflush(stdout);
    if (ins == 0)
      return 0;
  }
}
