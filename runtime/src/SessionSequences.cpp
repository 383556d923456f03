// The C functions of sequences.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"

using namespace hagane::runtime;

using ll = long long;

hgn_status hgn_session::startSequences() {
  const hgn_cache_info &cache = info().cache;
  if (!cache.page)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "the module keeps no caches, expected one that was "
                      "compiled with --stateful");
  if (sequences.isStarted())
    return nullptr;
  int64_t pages = preset[uint32_t(cache.pages_symbol)];
  if (!sequences.start(pages, cache.page))
    return outOfMemory("the pages of sequences", uint64_t(pages) * 12);
  return nullptr;
}

void hgn_session::resetStates() {
  sequences.stop();
  for (size_t i = 0; i < states.size(); ++i)
    states[i].ownBytes = -1;
}

hgn_status hgn_session::findSequence(hgn_sequence id, Sequence **out) {
  HGN_TRY(startSequences());
  *out = sequences.find(id);
  return *out ? nullptr
              : makeStatus(HGN_INVALID_ARGUMENT,
                           "sequence %lld does not exist, or was released",
                           ll(id));
}

static hgn_status isNull(const char *what) {
  return makeStatus(HGN_INVALID_ARGUMENT, "%s is NULL", what);
}

hgn_status hgn_sequence_create(hgn_session *session, hgn_sequence *out) {
  if (!session || !out)
    return isNull("session or out");
  HGN_TRY(session->startSequences());
  return session->sequences.create(out)
             ? nullptr
             : outOfMemory("a sequence", sizeof(Sequence));
}

hgn_status hgn_sequence_fork(hgn_session *session, hgn_sequence from,
                             hgn_sequence *out) {
  Sequence *source = nullptr;
  if (!session || !out)
    return isNull("session or out");
  HGN_TRY(session->findSequence(from, &source));
  hgn_sequence id = 0;
  Sequence *made = session->sequences.create(&id);
  if (!made)
    return outOfMemory("a sequence", sizeof(Sequence));
  // Sequences may have moved.
  session->sequences.share(*session->sequences.find(from), *made);
  *out = id;
  return nullptr;
}

hgn_status hgn_sequence_release(hgn_session *session, hgn_sequence sequence) {
  Sequence *found = nullptr;
  if (!session)
    return isNull("session");
  HGN_TRY(session->findSequence(sequence, &found));
  session->sequences.release(*found);
  return nullptr;
}

hgn_status hgn_sequence_length(hgn_session *session, hgn_sequence sequence,
                               int64_t *length) {
  Sequence *found = nullptr;
  if (!session || !length)
    return isNull("session or length");
  HGN_TRY(session->findSequence(sequence, &found));
  *length = found->length;
  return nullptr;
}

hgn_status hgn_sequence_truncate(hgn_session *session, hgn_sequence sequence,
                                 int64_t length) {
  Sequence *found = nullptr;
  if (!session)
    return isNull("session");
  HGN_TRY(session->findSequence(sequence, &found));
  if (length < 0 || length > found->length)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "cannot truncate sequence %lld to %lld positions, "
                      "expected 0 to its %lld",
                      ll(sequence), ll(length), ll(found->length));
  session->sequences.truncate(*found, length);
  return nullptr;
}

hgn_status hgn_sequence_reset(hgn_session *session, hgn_sequence sequence) {
  return hgn_sequence_truncate(session, sequence, 0);
}

hgn_status hgn_session_get_cache_use(hgn_session *session, hgn_cache_use *use) {
  if (!session || !use)
    return isNull("session or use");
  HGN_TRY(session->startSequences());
  const Sequences &sequences = session->sequences;
  const hgn_cache_info &cache = session->info().cache;
  *use = {cache.page, sequences.pageCount(), sequences.freePages(),
          cache.page_bytes * uint64_t(sequences.pageCount()),
          sequences.sequenceCount()};
  return nullptr;
}

hgn_status hgn_sequence_step(hgn_session *session,
                             const hgn_sequence *sequences, uint32_t count,
                             const hgn_tensor *inputs, uint32_t input_count,
                             hgn_tensor *outputs, uint32_t output_count) {
  if (!session || (count > 0 && !sequences))
    return isNull("session or sequences");
  const hgn_module_info &view = session->info();
  HGN_TRY(session->startSequences());
  HGN_TRY(checkCount("input", inputs, input_count, view.input_count));
  HGN_TRY(checkCount("output", outputs, output_count, view.output_count));
  if (count == 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a step has no sequences, expected 1 or more");
  return session->step(sequences, count, inputs, outputs);
}
