// Writes the runtime tests' module to a file, for tests of the driver.
#include "test/runtime/ModuleBuilder.h"

#include <fstream>

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  auto module = hagane::test::addModule();
  hagane::test::Bytes bytes = hagane::test::assemble(*module);
  std::ofstream out(argv[1], std::ios::binary);
  out.write(reinterpret_cast<const char *>(bytes.data()),
            std::streamsize(bytes.size()));
  return out.good() ? 0 : 1;
}
