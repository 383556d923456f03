// A session: one module with the memory of its runs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_SESSION_H
#define HAGANE_RUNTIME_SESSION_H

#include "Backend.h"
#include "Memory.h"
#include "Module.h"
#include "Pool.h"
#include "Sequences.h"

struct hgn_session {
  // What compiled code sees; it leads back to the session.
  struct Exec : hgn_exec {
    hgn_session *session;
  };
  struct State {
    hagane::runtime::Block own;
    int64_t ownBytes = -1; // as last used; -1: free to change
    void *bound = nullptr; // the caller's memory
    uint64_t boundBytes = 0;
  };

  // An output whose extents only the run tells, with the caller's memory.
  struct LateOutput {
    bool isLate = false;
    void *data = nullptr;
    uint64_t bytes = 0;
  };

  Exec exec = {};
  hgn_module *module = nullptr;
  const hagane::runtime::Backend *backend = nullptr; // once it has begun
  void *onDevice = nullptr;                          // the back end's own
  hgn_pool *pool = nullptr;
  hgn_host_run_fn hostRun = nullptr;
  void *hostUser = nullptr;
  int32_t threads = 1;
  hgn_profile_fn profile = nullptr;
  void *profileUser = nullptr;
  // Of the current launch, by part.
  hagane::runtime::Array<hgn_profile_part> partTimes;

  // Symbols: as planned, of the call being checked, and set by the caller.
  hagane::runtime::Array<int64_t> symbols, incoming, preset;
  hagane::runtime::Array<int64_t> plan;
  bool planned = false;
  // Computed with the plan, indexed by output or state.
  hagane::runtime::Array<int64_t> outputDims;
  // Of the last call of hgn_session_shape_inputs.
  hagane::runtime::Array<int64_t> inputDims;
  hagane::runtime::Array<int64_t> outputBytes, stateBytes;

  // Of the current run.
  const hgn_tensor *given = nullptr;
  hagane::runtime::Array<int64_t> inputBytes;

  hagane::runtime::Array<void *> inputData, outputData, stateData;
  hagane::runtime::Block arena, scratch;
  int64_t scratchStride = 0;
  hagane::runtime::RunHeap heap;
  hagane::runtime::Array<hagane::runtime::Block> ownOutputs;
  hagane::runtime::Array<LateOutput> lateOutputs;
  bool hasLateOutputs = false;
  hagane::runtime::Array<State> states;

  // Of modules that keep caches: the sequences, and what the current step
  // fills.
  struct Filled {
    hagane::runtime::Block memory;
    int64_t dims[2];
  };
  hagane::runtime::Sequences sequences;
  hagane::runtime::Array<hgn_tensor> stepInputs;
  hagane::runtime::Array<Filled> filled;
  hagane::runtime::Block growths;
  int64_t stepNumber = 0;

  // The first report of the current run.
  bool failed = false;
  uint32_t failedCheck = 0;
  int64_t failedGot = 0, failedWant = 0;
  bool heapExhausted = false;
  int32_t refusedOutput = -1;   // impossible, or not as its memory is
  hgn_status problem = nullptr; // of the back end

  ~hgn_session();
  hgn_status start(hgn_module *module, const hgn_session_options &options);
  const hgn_module_info &info() const { return module->info.view; }

  // SessionShapes.cpp: from the inputs' shapes to a plan.
  hgn_status resolve(const hgn_tensor *inputs);
  hgn_status shapeInputs(const int64_t *values, hgn_tensor *inputs);
  void describeOutput(uint32_t index, hgn_tensor *output);
  int64_t *dimsOfOutput(uint32_t index);

  // SessionSequences.cpp
  hgn_status startSequences();
  hgn_status findSequence(hgn_sequence id, hagane::runtime::Sequence **out);
  void resetStates();

  // SessionStep.cpp
  hgn_status step(const hgn_sequence *ids, uint32_t count,
                  const hgn_tensor *inputs, hgn_tensor *outputs);

  // SessionRun.cpp
  hgn_status run(const hgn_tensor *inputs, hgn_tensor *outputs);
  void *giveOutput(uint32_t index, const int64_t *dims);
  void keepProblem(hgn_status status);
  hgn_status takeProblem();
  hgn_status failure(int32_t result);
  // Calls the profile callback; the event gets what the module says of its
  // kernel.
  void reportLaunch(hgn_profile_event event) const;

private:
  using Growth = hagane::runtime::Sequences::Growth;

  hgn_status startThreads(const hgn_session_options &options);
  hgn_status startCache(const hgn_session_options &options);
  hgn_status startArrays();

  hgn_status readInput(const hgn_value_info &value, const hgn_tensor &input);
  hgn_status readDim(const hgn_value_info &value, const hgn_tensor &input,
                     int32_t dim);
  hgn_status checkSymbols() const;
  hgn_status planIncoming();
  hgn_status makePlan();
  int64_t extentOf(const hgn_dim_info &dim) const;
  hgn_status sizeValues();
  void sizeOutput(uint32_t index, int64_t *dims);
  hgn_status checkComputedDims(const hgn_tensor *inputs) const;

  Growth *growing() const { return reinterpret_cast<Growth *>(growths.data()); }
  bool isFilled(uint32_t input) const;
  hgn_status readGiven(const hgn_tensor *inputs);
  hgn_status countNew(uint32_t count, int64_t *step);
  hgn_status growAll(const hgn_sequence *ids, uint32_t count, int64_t step);
  hgn_status checkUneven(const hgn_sequence *ids, uint32_t count) const;
  hgn_status sizeFilled(uint32_t count, int64_t step);
  hgn_status resolveStep(uint32_t count, int64_t step);
  void fillInputs(int64_t step);
  hgn_status takePages(uint32_t count);
  hgn_status copyPage(hagane::runtime::Sequences::Copy copy);

  hgn_status prepare(const hgn_tensor *inputs, hgn_tensor *outputs);
  hgn_status execute(hgn_tensor *outputs);
  hgn_status bindInputs(const hgn_tensor *inputs);
  hgn_status bindOutputs(hgn_tensor *outputs);
  // SessionSharing.cpp: memory that the caller gave to an output and to an
  // input, too.
  hgn_status checkSharing(uint32_t index, const hgn_tensor &output);
  hgn_status checkSharedShape(uint32_t index);
  bool isShared(uint32_t index) const;
  hgn_status bindLateOutput(uint32_t index, const hgn_tensor &output);
  void describeLateOutput(uint32_t index, hgn_tensor *output);
  hgn_status bindStates();
  hgn_status bindState(uint32_t index);
  hgn_status reserveWorkspace();
};

namespace hagane::runtime {

// Functions of hgn_host_api that all back ends share.
hgn_session &sessionOf(hgn_exec *exec);
void noteFailure(hgn_exec *exec, uint32_t check, int64_t got, int64_t want);
void *makeOutput(hgn_exec *exec, uint32_t index, const int64_t *dims);

// Whether a list has as many inputs or outputs as the module.
hgn_status checkCount(const char *kind, const void *list, uint32_t found,
                      uint32_t expected);

// The first input with a dim of this symbol, or nullptr.
const hgn_value_info *inputCarrying(const hgn_module_info &view,
                                    int32_t symbol);

// A check's message with the values it reports put in.
hgn_status checkFailure(const hgn_module &module, uint32_t check,
                        const int64_t *got, const int64_t *want);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_SESSION_H
