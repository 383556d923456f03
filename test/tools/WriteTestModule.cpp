// Writes the runtime tests' module to a file, for tests of the driver; with
// --alien, one whose code asks for what no machine has.
#include "test/runtime/ModuleBuilder.h"

#include <fstream>
#include <string_view>

int main(int argc, char **argv) {
  bool alien = argc == 3 && std::string_view(argv[2]) == "--alien";
  if (argc != 2 && !alien)
    return 2;
  auto module = hagane::test::addModule();
  if (alien)
    module->codes[0]->features = {"telepathy"};
  hagane::test::Bytes bytes = hagane::test::assemble(*module);
  std::ofstream out(argv[1], std::ios::binary);
  out.write(reinterpret_cast<const char *>(bytes.data()),
            std::streamsize(bytes.size()));
  return out.good() ? 0 : 1;
}
