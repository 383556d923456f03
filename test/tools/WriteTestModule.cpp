// Writes the runtime tests' module to a file, for tests of the driver and of
// the Python package; with --alien, one whose code asks for what no machine
// has; with
// --recall, one that keeps sequences.
#include "test/runtime/ModuleBuilder.h"

#include <fstream>
#include <string_view>

int main(int argc, char **argv) {
  std::string_view option = argc == 3 ? argv[2] : "";
  bool alien = option == "--alien", recall = option == "--recall";
  if (argc != 2 && !alien && !recall)
    return 2;
  auto module =
      recall ? hagane::test::recallModule() : hagane::test::addModule();
  if (alien)
    module->codes[0]->features = {"telepathy"};
  hagane::test::Bytes bytes = hagane::test::assemble(*module);
  std::ofstream out(argv[1], std::ios::binary);
  out.write(reinterpret_cast<const char *>(bytes.data()),
            std::streamsize(bytes.size()));
  return out.good() ? 0 : 1;
}
