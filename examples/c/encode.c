/* Runs the encoder of encoder.onnxtxt on two sentences of three tokens and
 * checks the result. Built with the model inside (EMBEDDED) it takes no
 * arguments; otherwise the path of the module. */
#include <hagane/runtime.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef EMBEDDED
#include "embedded_encoder.h"
#endif

static void check(hgn_status status) {
  if (!status)
    return;
  fprintf(stderr, "encode: %s\n", hgn_status_message(status));
  hgn_status_release(status);
  _Exit(1);
}

static void print_values(const char *kind, const hgn_value_info *values,
                         uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    printf("%s %s: %s", kind, values[i].name, hgn_dtype_name(values[i].dtype));
    for (int32_t d = 0; d < values[i].rank; ++d) {
      const hgn_dim_info *dim = &values[i].dims[d];
      if (dim->symbol_name)
        printf(" %s", dim->symbol_name);
      else
        printf(" %lld", (long long)dim->fixed);
    }
    printf("\n");
  }
}

int main(int argc, char **argv) {
  hgn_module *module = NULL;
#ifdef EMBEDDED
  (void)argc, (void)argv;
  check(hgn_module_open_embedded(&embedded_encoder, NULL, NULL, &module));
#else
  if (argc != 2) {
    fprintf(stderr, "usage: %s MODULE.hgn\n", argv[0]);
    return 2;
  }
  check(hgn_module_open(argv[1], NULL, &module));
#endif
  const hgn_module_info *info = hgn_module_get_info(module);
  print_values("input", info->inputs, info->input_count);
  print_values("output", info->outputs, info->output_count);

  hgn_session *session = NULL;
  check(hgn_session_create(module, NULL, &session));
  int64_t ids[] = {0, 3, 5, 4, 1, 2}, dims[] = {2, 3};
  hgn_tensor input = {ids, sizeof ids, HGN_I64, 2, dims};
  hgn_tensor output = {0}; /* the session gives its memory */
  check(hgn_session_run(session, &input, 1, &output, 1));

  static const float expected[] = {0.500295f, 0.437248f,  0.322444f,
                                   0.401475f, -0.029768f, 1.141442f,
                                   0.266085f, -0.009257f};
  const float *found = output.data;
  int wrong = output.rank != 2 || output.dims[0] != 2 || output.dims[1] != 4;
  for (int i = 0; i < 8 && !wrong; ++i)
    wrong = !(fabsf(found[i] - expected[i]) < 1e-5f);
  for (int i = 0; i < 8; ++i)
    printf("%9.6f%c", found[i], i % 4 == 3 ? '\n' : ' ');
  printf("%s\n", wrong ? "wrong" : "as expected");
  hgn_session_release(session);
  hgn_module_release(module);
  return wrong;
}
