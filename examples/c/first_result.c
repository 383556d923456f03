/* From process start to the first result: first_result MODULE.hgn [RUNS].
 * Starts itself RUNS times on a batch of one sentence of 16 tokens and prints
 * the times until each process had its result, and what memory it took. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <hagane/runtime.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kTokens = 16, kMaxInputs = 8, kMaxOutputs = 8 };

/* What a process tells its parent. */
typedef struct result {
  int64_t arena_bytes;
  int64_t peak_kb, file_kb; /* resident: at most, and mapped from files */
} result;

extern char **environ;

static void check(hgn_status status) {
  if (!status)
    return;
  fprintf(stderr, "first_result: %s\n", hgn_status_message(status));
  hgn_status_release(status);
  exit(1);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t status_kb(const char *key) {
  char line[256];
  long long value = 0;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file)
    fail("/proc/self/status");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0)
      sscanf(line + strlen(key), ": %lld", &value);
  fclose(file);
  return value;
}

/* One run; a byte on descriptor 1 says when the result is there. */
static void run_once(const char *path) {
  static int64_t ones[kTokens];
  static const int64_t dims[] = {1, kTokens};
  hgn_module *module = NULL;
  hgn_session *session = NULL;
  check(hgn_module_open(path, NULL, &module));
  check(hgn_session_create(module, NULL, &session));
  const hgn_module_info *info = hgn_module_get_info(module);
  hgn_tensor inputs[kMaxInputs], outputs[kMaxOutputs] = {{0}};
  if (info->input_count > kMaxInputs || info->output_count > kMaxOutputs) {
    fprintf(stderr, "first_result: too many inputs or outputs\n");
    exit(1);
  }
  for (int i = 0; i < kTokens; ++i)
    ones[i] = 1;
  for (uint32_t i = 0; i < info->input_count; ++i)
    inputs[i] = (hgn_tensor){ones, sizeof ones, HGN_I64, 2, dims};
  check(hgn_session_run(session, inputs, info->input_count, outputs,
                        info->output_count));
  if (write(1, "!", 1) != 1)
    fail("write");
  hgn_requirements needs;
  check(
      hgn_session_resolve(session, inputs, info->input_count, NULL, 0, &needs));
  result found = {needs.arena_bytes, status_kb("VmHWM"), status_kb("RssFile")};
  if (write(1, &found, sizeof found) != sizeof found)
    fail("write");
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double start_process(char *path, result *found) {
  char self[] = "first_result", once[] = "--once", mark;
  char *arguments[] = {self, once, path, NULL};
  int ends[2], status = 0;
  pid_t child;
  posix_spawn_file_actions_t actions;
  if (pipe2(ends, O_CLOEXEC) != 0)
    fail("pipe2");
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  double start = now_ms();
  if (posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ))
    fail("posix_spawn");
  close(ends[1]);
  int complete = read(ends[0], &mark, 1) == 1;
  double elapsed = now_ms() - start;
  complete = complete && read(ends[0], found, sizeof *found) == sizeof *found;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  waitpid(child, &status, 0);
  if (!complete || status != 0)
    exit(1); /* it said why */
  return elapsed;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--once") == 0) {
    run_once(argv[2]);
    return 0;
  }
  int runs = argc == 3 ? atoi(argv[2]) : 21;
  if (argc < 2 || argc > 3 || runs < 1) {
    fprintf(stderr, "usage: %s MODULE.hgn [RUNS]\n", argv[0]);
    return 2;
  }
  double *times = malloc((size_t)runs * sizeof *times);
  result found = {0};
  if (!times)
    fail("malloc");
  start_process(argv[1], &found); /* fills the page cache */
  for (int i = 0; i < runs; ++i)
    times[i] = start_process(argv[1], &found);
  qsort(times, (size_t)runs, sizeof *times, ascending);
  printf("start to first result: median %.1f ms, min %.1f ms, max %.1f ms of "
         "%d processes\n",
         times[runs / 2], times[0], times[runs - 1], runs);
  printf("peak memory: %.1f MB, of it %.1f MB mapped from files; arena %.1f "
         "MB\n",
         (double)found.peak_kb / 1024, (double)found.file_kb / 1024,
         (double)found.arena_bytes / 1048576);
  free(times);
  return 0;
}
