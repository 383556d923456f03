// hagane run: one run of a module on arrays from a file.
#include "Commands.h"
#include "Module.h"
#include "Npz.h"

namespace hagane::tool {

void runModule(const RunOptions &options) {
  ModulePtr module = openModule(options.module, 0, options.device);
  Session session(module.get(), options.threads);
  std::vector<HostTensor> inputs = session.readInputs(options.inputs);
  std::vector<hgn_tensor> views, outputs(session.info().output_count);
  for (HostTensor &input : inputs)
    views.push_back(input.view());
  check(hgn_session_run(session.get(), views.data(), uint32_t(views.size()),
                        outputs.data(), uint32_t(outputs.size())));
  TensorMap results;
  for (size_t i = 0; i < outputs.size(); ++i)
    results[session.info().outputs[i].name] = copyOf(outputs[i]);
  writeNpz(options.outputs, results);
}

} // namespace hagane::tool
