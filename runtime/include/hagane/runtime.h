/* Hagane: loading and running compiled modules.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Conventions
 * - Failure: functions that can fail return an hgn_status, NULL on success.
 *   Out parameters are written on success only, except where stated.
 * - Ownership: objects made by *_open and *_create are released by *_release.
 *   Strings and info structs belong to the module and live as long as it does.
 * - Threading: a module may be shared by any number of threads and sessions; a
 *   pool likewise. A session is used by one thread at a time.
 * - A module is code: it is trusted as much as a shared library. Its checks
 *   find damage, not malice. Its file must not be changed while it is open.
 */
#ifndef HAGANE_RUNTIME_H
#define HAGANE_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HGN_API __attribute__((visibility("default")))
#else
#define HGN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*===--- Status -----------------------------------------------------------===*/

typedef enum hgn_code {
  HGN_OK = 0,
  HGN_INVALID_ARGUMENT = 1,   /* the caller's arguments, shapes or names */
  HGN_NOT_FOUND = 2,          /* no such file, or it cannot be read */
  HGN_DAMAGED = 3,            /* the module's bytes are not what was written */
  HGN_INCOMPATIBLE = 4,       /* a newer format, or code for another CPU */
  HGN_OUT_OF_MEMORY = 5,      /* or another resource of the system ran out */
  HGN_CHECK_FAILED = 6,       /* a run-time check of the compiled code */
  HGN_CACHE_FULL = 7,         /* no page left for a step of sequences */
  HGN_DEVICE_UNAVAILABLE = 8, /* no such device, or no driver that fits */
  HGN_DEVICE_FAILED = 9       /* the device or its driver, during the work */
} hgn_code;

/* NULL, or an error that the caller releases. Any thread may use it. */
typedef struct hgn_status_s *hgn_status;

/* Both accept NULL: HGN_OK and "ok". The text lives until the release. */
HGN_API hgn_code hgn_status_code(hgn_status status);
HGN_API const char *hgn_status_message(hgn_status status);
/* Accepts NULL. */
HGN_API void hgn_status_release(hgn_status status);

/*===--- Tensors ----------------------------------------------------------===*/

/* Element types, numbered as in ONNX. An element of fewer than 8 bits takes the
 * low bits of a byte of its own. */
typedef int32_t hgn_dtype;
enum {
  HGN_F32 = 1,
  HGN_UI8 = 2,
  HGN_I8 = 3,
  HGN_UI16 = 4,
  HGN_I16 = 5,
  HGN_I32 = 6,
  HGN_I64 = 7,
  HGN_BOOL = 9,
  HGN_F16 = 10,
  HGN_F64 = 11,
  HGN_UI32 = 12,
  HGN_UI64 = 13,
  HGN_BF16 = 16,
  HGN_F8E4M3FN = 17,
  HGN_F8E4M3FNUZ = 18,
  HGN_F8E5M2 = 19,
  HGN_F8E5M2FNUZ = 20,
  HGN_UI4 = 21,
  HGN_I4 = 22,
  HGN_F4E2M1FN = 23,
  HGN_F8E8M0FNU = 24,
  HGN_UI2 = 25,
  HGN_I2 = 26,
  HGN_F6E2M3FN = 27,
  HGN_F6E3M2FN = 28
};

/* A dense row-major tensor in the caller's memory. */
typedef struct hgn_tensor {
  void *data;     /* aligned to its element size; may be NULL if empty */
  uint64_t bytes; /* size of the memory behind data; 0 for an input: unknown */
  hgn_dtype dtype;
  int32_t rank;
  const int64_t *dims; /* rank extents; may be NULL if rank is 0 */
} hgn_tensor;

/* Bits that an element takes in memory, 0 for an unknown type. */
HGN_API int32_t hgn_dtype_bits(hgn_dtype dtype);
/* "f32", "bf16", ...; "unknown" for an unknown type. Static storage. */
HGN_API const char *hgn_dtype_name(hgn_dtype dtype);

/*===--- Modules ----------------------------------------------------------===*/

typedef struct hgn_module hgn_module;

enum {
  /* Opens a module without code for this CPU too; it cannot make sessions. */
  HGN_OPEN_INSPECT = 1,
  /* Also does what hgn_module_verify does. */
  HGN_OPEN_VERIFY = 2,
  /* hgn_module_open_memory only: copies the bytes first. */
  HGN_OPEN_COPY = 4
};

/* All zero is the default. */
typedef struct hgn_open_options {
  uint32_t flags;
  /* Use the code of this level; NULL: the first that fits. */
  const char *level;
  /* Where sessions run: NULL or "cpu"; or, in the CUDA runtime library, "cuda"
   * for the first device, "cuda:1" for the next one. The code is then the first
   * one that fits the device. */
  const char *device;
} hgn_open_options;

/* Maps a module file and checks its structure, its header and its code; weights
 * are paged in when first used. options may be NULL. */
HGN_API hgn_status hgn_module_open(const char *path,
                                   const hgn_open_options *options,
                                   hgn_module **out);
/* The same from memory, which must be aligned to 64 bytes and outlive the
 * module, unless HGN_OPEN_COPY is given. Only the code is copied otherwise. */
HGN_API hgn_status hgn_module_open_memory(const void *data, size_t size,
                                          const hgn_open_options *options,
                                          hgn_module **out);

/* A module inside a program, as `hagane compile --emit=obj` and --emit=shared
 * make it and their headers declare it. */
typedef struct hgn_embedded_module {
  const void *data;     /* the module file, or its part before the weights */
  uint64_t size;        /* of data */
  const void *code;     /* the file's code segments, executable */
  uint64_t code_offset; /* of code's first byte in the file */
  uint64_t code_size;
  const char *file_name; /* where the weights are, if not in data; or NULL */
} hgn_embedded_module;

/* The same from a module linked into the program: nothing is copied and no file
 * is read, unless the weights stayed outside. They are then mapped from path,
 * NULL for file_name in the current folder. */
HGN_API hgn_status hgn_module_open_embedded(const hgn_embedded_module *embedded,
                                            const char *path,
                                            const hgn_open_options *options,
                                            hgn_module **out);
/* Drops the caller's reference; sessions keep the module alive. Info structs
 * must not be used afterwards. Accepts NULL. */
HGN_API void hgn_module_release(hgn_module *module);
/* Reads the whole module: hashes all code and weights, and checks that padding
 * is zero. */
HGN_API hgn_status hgn_module_verify(const hgn_module *module);

typedef struct hgn_symbol_info {
  const char *name;
  int64_t min;
  int64_t max;
} hgn_symbol_info;

/* fixed >= 0: the extent; else symbol: the index of the symbol, with its name
 * in symbol_name; else computed: from the symbols by the module's plan, or, in
 * outputs only, from the inputs' contents by the run. */
typedef struct hgn_dim_info {
  int64_t fixed;
  int32_t symbol;
  int32_t slot;
  const char *symbol_name;
  const char *text; /* the expression that is computed; else "" */
} hgn_dim_info;

typedef struct hgn_value_info {
  const char *name;
  hgn_dtype dtype;
  int32_t rank;
  const hgn_dim_info *dims;
  int32_t shares; /* the input whose memory an output may take, or -1 */
} hgn_value_info;

/* value, times the launch's word of that index if word >= 0. */
typedef struct hgn_extent_info {
  int32_t word;
  int64_t value;
} hgn_extent_info;

/* What a CUtensorMap of a launch describes. */
typedef struct hgn_tensor_map_info {
  uint32_t word; /* of the launch: holds the pointer to the first element */
  hgn_dtype dtype;
  int32_t rank;
  const hgn_extent_info *dims;    /* elements, the innermost first */
  const hgn_extent_info *strides; /* rank - 1, in bytes, from the second on */
  const uint32_t *box;            /* elements that a copy takes */
  uint32_t swizzle;               /* bytes: 0, 32, 64 or 128 */
} hgn_tensor_map_info;

typedef struct hgn_kernel_info {
  const char *name;
  const char *schedule; /* "" if not recorded */
  int32_t flops_slot;   /* plan slot, or -1 */
  int32_t bytes_slot;
  uint32_t node_count;
  const char *const *nodes; /* names of the ONNX nodes it computes */
  uint64_t code_offset;     /* of its function in the code's data */
  uint64_t code_size;       /* 0 if not recorded */
  const char *ir;           /* the compiler's IR; "" if not recorded */
  hgn_dtype factors;        /* what it multiplies; 0 if mostly nothing */
  /* How a device launches it, with a block for each item. The parameters are
   * the launch's words, of which the last is the workspace's address, then at a
   * multiple of 64 bytes the tensor maps. */
  int32_t image;         /* index in the code's images; -1: the host's code */
  const char *entry;     /* "" if there is no image, and so all that follows */
  uint32_t threads;      /* of a block */
  uint32_t shared_bytes; /* dynamic shared memory of a block */
  uint32_t word_count;
  uint32_t map_count;
  const hgn_tensor_map_info *maps;
  const char *source; /* CUDA C++; "" if not recorded */
} hgn_kernel_info;

typedef enum hgn_image_kind {
  HGN_IMAGE_CUBIN = 0,
  HGN_IMAGE_EMULATED = 1 /* a shared object that a CPU runs, for tests */
} hgn_image_kind;

/* Device code as a driver loads it. */
typedef struct hgn_image_info {
  const char *name;
  hgn_image_kind kind;
  uint64_t offset; /* in the file */
  uint64_t size;
  uint64_t hash;    /* XXH3-64 of its bytes, checked when it is loaded */
  const void *data; /* in the file's mapping */
} hgn_image_info;

typedef struct hgn_code_info {
  const char *level;
  uint32_t feature_count;
  const char *const *features;
  uint64_t offset; /* in the file */
  uint64_t size;
  const void *data; /* in the file's mapping, for disassembly */
  uint64_t plan_entry;
  uint64_t run_entry;
  uint32_t plan_slots;
  uint32_t kernel_count;
  const hgn_kernel_info *kernels;
  const char *sm; /* the device it is for ("sm_90a"); "" for a CPU's code */
  uint32_t image_count;
  const hgn_image_info *images;
} hgn_code_info;

typedef struct hgn_weight_info {
  const char *name;
  hgn_dtype dtype;
  int32_t rank;
  const int64_t *dims;
  uint64_t offset; /* in the weight segment */
  uint64_t size;
  uint64_t hash;
  const void *data; /* stored bytes; the layout may be packed */
} hgn_weight_info;

typedef struct hgn_buffer_info {
  const char *name;
  int32_t offset_slot; /* plan slots, or -1 */
  int32_t size_slot;
  uint32_t first_use; /* indices of launches */
  uint32_t last_use;
  const char *bytes; /* its size as an expression; "" if not recorded */
} hgn_buffer_info;

/* Bytes that a session needs beside the weights, the inputs and the outputs, as
 * expressions over the symbols. Texts are "" where not recorded. */
typedef struct hgn_memory_info {
  const char *arena;   /* at most: hgn_session_resolve tells what is needed */
  const char *scratch; /* of one thread */
  const char *heap;    /* at most: of buffers whose sizes only the run tells */
} hgn_memory_info;

/* A condition on the inputs' sizes: two expressions over the symbols that must
 * be equal, and the node that needs it. */
typedef struct hgn_requirement_info {
  const char *found;
  const char *expected;
  const char *what; /* "" if not recorded */
} hgn_requirement_info;

/* Texts are "" where not recorded. */
typedef struct hgn_provenance_info {
  const char *compiler_version;
  const char *source_name;
  const char *source_hash;
  const char *options;
  uint32_t note_count;
  const char *const *notes;
} hgn_provenance_info;

/* What an input holds that hgn_sequence_step fills. */
typedef enum hgn_cache_role {
  HGN_CACHE_PAGES = 0,
  HGN_CACHE_LENGTHS = 1,
  HGN_CACHE_POSITIONS = 2,
  HGN_CACHE_MASK = 3
} hgn_cache_role;

typedef struct hgn_cache_input {
  uint32_t input;
  hgn_cache_role role;
} hgn_cache_input;

/* The paged states of a module that keeps keys and values by itself. */
typedef struct hgn_cache_info {
  int64_t page;         /* positions in a page; 0: the module keeps none */
  uint64_t page_bytes;  /* of a page in all states */
  int32_t pages_symbol; /* of the session's capacity */
  int32_t table_symbol;
  int32_t past_symbol; /* or -1 */
  int32_t uneven;      /* whether sequences of a step may differ in length */
  const char *reason;  /* why they may not; "" if they may */
  hgn_dim_info batch;  /* sequences in a step */
  hgn_dim_info step;   /* new positions of each */
  uint32_t input_count;
  const hgn_cache_input *inputs; /* those that hgn_sequence_step fills */
} hgn_cache_info;

typedef struct hgn_module_info {
  uint32_t format_version;
  uint32_t abi_version;
  uint32_t symbol_count, input_count, output_count, state_count;
  uint32_t check_count, code_count, weight_count, buffer_count;
  /* Index of the code that sessions run, or -1 (HGN_OPEN_INSPECT only). */
  int32_t selected_code;
  const hgn_symbol_info *symbols;
  const hgn_value_info *inputs, *outputs, *states;
  const char *const *checks;
  const hgn_code_info *codes;
  const hgn_weight_info *weights;
  const hgn_buffer_info *buffers;
  hgn_provenance_info provenance;
  uint64_t file_size;
  uint64_t weights_size;
  uint32_t requirement_count;
  const hgn_requirement_info *requirements;
  hgn_memory_info memory;
  hgn_cache_info cache;
} hgn_module_info;

/* What the module says of itself. Never NULL; lives as long as the module. */
HGN_API const hgn_module_info *hgn_module_get_info(const hgn_module *module);
/* The index of an input or output; on failure the message lists the names. */
HGN_API hgn_status hgn_module_find_input(const hgn_module *module,
                                         const char *name, uint32_t *index);
HGN_API hgn_status hgn_module_find_output(const hgn_module *module,
                                          const char *name, uint32_t *index);
/* 1 if this machine and its system support the feature ("avx512f", ...), as
 * named in hgn_code_info.features; 0 otherwise or if unknown. */
HGN_API int hgn_cpu_supports(const char *feature);

/*===--- Thread pools -----------------------------------------------------===*/

/* Worker threads that spin for a short while after work, then sleep. Several
 * sessions may share one; they take turns kernel by kernel. Use from within its
 * own tasks, or in a forked child, runs on the calling thread alone. */
typedef struct hgn_pool hgn_pool;

/* One part of a job: context is the caller's, part in [0, parts). */
typedef void (*hgn_part_fn)(void *context, int32_t part);

/* threads counts the calling thread: threads - 1 workers are started. 0: the
 * number of physical cores this process may use. At most 1024. */
HGN_API hgn_status hgn_pool_create(int32_t threads, hgn_pool **out);
/* Drops the caller's reference; sessions keep the pool alive. Accepts NULL. Not
 * to be called from the pool's own tasks. */
HGN_API void hgn_pool_release(hgn_pool *pool);
HGN_API int32_t hgn_pool_threads(const hgn_pool *pool);
/* Calls fn(context, part) once for each part and returns when all are done.
 * Blocks while another thread's job runs. */
HGN_API void hgn_pool_run(hgn_pool *pool, hgn_part_fn fn, void *context,
                          int32_t parts);

/*===--- Sessions ---------------------------------------------------------===*/

/* A module with the memory of its runs. Memory only grows; runs that repeat
 * the shapes of the one before allocate nothing and plan nothing. */
typedef struct hgn_session hgn_session;

/* Runs a job as hgn_pool_run does, on the host's own threads. */
typedef void (*hgn_host_run_fn)(void *user, hgn_part_fn fn, void *context,
                                int32_t parts);

/* When one of a launch's parts ran. */
typedef struct hgn_profile_part {
  int64_t start_ns; /* monotonic clock */
  int64_t ns;
} hgn_profile_part;

typedef struct hgn_profile_event {
  uint32_t kernel; /* index in the selected code's kernels */
  const char *name;
  int64_t items;
  int64_t start_ns; /* monotonic clock */
  int64_t ns;       /* duration of the launch */
  int64_t flops;    /* -1 if not recorded */
  int64_t bytes;
  /* Equal contiguous ranges of the items, in order. A pool's thread i runs part
   * i; who runs it under host_run, only the host knows. */
  int32_t part_count;
  const hgn_profile_part *parts;
} hgn_profile_event;

/* Called after each launch by the thread that runs the session. The event is
 * valid during the call only. */
typedef void (*hgn_profile_fn)(void *user, const hgn_profile_event *event);

/* All zero is the default: the process's shared pool of physical cores. */
typedef struct hgn_session_options {
  /* 0: as many as the pool has (host_run: physical cores). 1: no pool. N
   * without pool and host_run: a pool of the session's own. With a pool: at
   * most N of its threads. With host_run: the number of parts. */
  int32_t threads;
  hgn_pool *pool;           /* the session keeps a reference */
  hgn_host_run_fn host_run; /* excludes pool */
  void *host_user;
  hgn_profile_fn profile;
  void *profile_user;
  /* Pages of a module that keeps caches: what its sequences can hold together,
   * and the memory of its states. 0: enough for 4096 positions. */
  int64_t cache_pages;
} hgn_session_options;

/* The session keeps a reference to the module. options may be NULL. */
HGN_API hgn_status hgn_session_create(hgn_module *module,
                                      const hgn_session_options *options,
                                      hgn_session **out);
/* Frees the memory behind session-owned outputs and states. Accepts NULL. */
HGN_API void hgn_session_release(hgn_session *session);

/* Replaces the profile callback, NULL for none, from the next run on. */
HGN_API void hgn_session_set_profile(hgn_session *session,
                                     hgn_profile_fn profile, void *user);

/* Sets a symbol that no input carries (such as a state's capacity), for all
 * runs that follow. */
HGN_API hgn_status hgn_session_set_symbol(hgn_session *session,
                                          const char *name, int64_t value);

/* The inputs' shapes for values of the module's symbols, which follow the
 * module's order: each of the input_count inputs gets its dtype, rank and dims;
 * data and bytes are left alone. For what has no inputs yet, as dims may be
 * expressions. dims belong to the session and live until the next call of this
 * function. */
HGN_API hgn_status hgn_session_shape_inputs(hgn_session *session,
                                            const int64_t *symbols,
                                            uint32_t symbol_count,
                                            hgn_tensor *inputs,
                                            uint32_t input_count);

typedef struct hgn_requirements {
  int64_t arena_bytes;
  int64_t scratch_bytes; /* per thread */
  int64_t state_bytes;
  const int64_t *plan; /* the selected code's plan_slots values */
} hgn_requirements;

/* Checks the inputs' types and shapes (data is ignored) and computes what a
 * run with them gives. Each of the output_count outputs gets its dtype, rank,
 * dims and bytes; data is left alone. output_count is the module's, or 0 to
 * ask for none; requirements may be NULL. dims and plan belong to the session
 * and live until the next resolve or run. An extent that depends on the inputs'
 * contents is -1, and the output's bytes are then 0. */
HGN_API hgn_status hgn_session_resolve(
    hgn_session *session, const hgn_tensor *inputs, uint32_t input_count,
    hgn_tensor *outputs, uint32_t output_count, hgn_requirements *requirements);

/* Computes the outputs. inputs and outputs follow the signature's order. An
 * output's data is NULL (the session gives memory that lives until its next
 * run; passing it in again is the same) or the caller's memory of `bytes`
 * bytes, which must not overlap any other argument; it must hold what the run
 * turns out to need, which a failure's message tells. The exception is an
 * output whose `shares` names an input: its data may be that input's, if the
 * two have the same shape. So a cache stays where it is: the run writes the new
 * positions alone, and what lies behind them keeps its contents. The run writes
 * each output's dtype, rank and dims, and, even if it fails, data and bytes
 * where the session owns the memory. After a failure the contents of outputs
 * and states are undefined if HGN_CHECK_FAILED or HGN_OUT_OF_MEMORY, else
 * untouched. The session can be used again in any case. */
HGN_API hgn_status hgn_session_run(hgn_session *session,
                                   const hgn_tensor *inputs,
                                   uint32_t input_count, hgn_tensor *outputs,
                                   uint32_t output_count);

/* Uses the caller's memory for a state from the next run on; it must outlive
 * its use, be aligned to 64 bytes and hold what the state needs. data NULL goes
 * back to the session's own memory, zero at first. */
HGN_API hgn_status hgn_session_bind_state(hgn_session *session, uint32_t index,
                                          void *data, uint64_t bytes);
/* Makes the session's own states zero, and lets the next run change their
 * size; until then a run that needs another size fails. Releases all sequences.
 */
HGN_API void hgn_session_reset_states(hgn_session *session);

/*===--- Sequences --------------------------------------------------------===*/

/* One text whose keys and values a session keeps, for modules compiled with
 * --stateful. A step appends positions to some of them, and computes the
 * module's outputs for the new positions alone.
 *
 * Positions are in pages of hgn_cache_info.page; what sequences have in common
 * since a fork is there once. A page is copied only where two sequences share
 * it and one writes behind the end of the other.
 *
 * Sequences belong to their session: no function below may run at the same time
 * as another use of it. Whatever fails leaves all sequences as they were. */
typedef int64_t hgn_sequence;

/* An empty sequence. The first one takes the memory of the states. */
HGN_API hgn_status hgn_sequence_create(hgn_session *session, hgn_sequence *out);
/* A sequence that begins with all positions of `from`, without copying them. */
HGN_API hgn_status hgn_sequence_fork(hgn_session *session, hgn_sequence from,
                                     hgn_sequence *out);
/* Frees its pages, as far as no other sequence shares them. The id is not used
 * again. */
HGN_API hgn_status hgn_sequence_release(hgn_session *session,
                                        hgn_sequence sequence);
/* Positions in the cache. */
HGN_API hgn_status hgn_sequence_length(hgn_session *session,
                                       hgn_sequence sequence, int64_t *length);
/* Forgets the positions from `length` on, which must not exceed what it has. */
HGN_API hgn_status hgn_sequence_truncate(hgn_session *session,
                                         hgn_sequence sequence, int64_t length);
/* Truncates to 0. */
HGN_API hgn_status hgn_sequence_reset(hgn_session *session,
                                      hgn_sequence sequence);

/* Appends the same number of positions to each of `count` different sequences
 * and runs the module on them. inputs and outputs are those of hgn_session_run;
 * row b of the inputs belongs to sequences[b]. Inputs listed in hgn_cache_info
 * are filled here: what the caller has in their place is not looked at.
 * HGN_CACHE_FULL tells how many pages are missing: release or truncate
 * sequences, or step fewer. Steps that repeat the sizes of earlier ones
 * allocate nothing and take no lock but the pool's. A long prompt goes in
 * several steps. */
HGN_API hgn_status hgn_sequence_step(hgn_session *session,
                                     const hgn_sequence *sequences,
                                     uint32_t count, const hgn_tensor *inputs,
                                     uint32_t input_count, hgn_tensor *outputs,
                                     uint32_t output_count);

typedef struct hgn_cache_use {
  int64_t page;  /* positions in a page */
  int64_t pages; /* of the session */
  int64_t free_pages;
  uint64_t bytes; /* of the states */
  int64_t sequences;
} hgn_cache_use;

HGN_API hgn_status hgn_session_get_cache_use(hgn_session *session,
                                             hgn_cache_use *use);

/* "0.1.0". Static storage. */
HGN_API const char *hgn_runtime_version(void);

#ifdef __cplusplus
}
#endif

#endif /* HAGANE_RUNTIME_H */
