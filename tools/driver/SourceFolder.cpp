// The folder of --emit=cuda-src.
#include "codegen/cuda/DeviceHeaders.h"
#include "codegen/module/OutputFile.h"
#include "tools/driver/DeviceCode.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace hagane;
using namespace hagane::driver;
using llvm::Error;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static constexpr llvm::StringLiteral kBuild =
    R"(# Compiles the kernels to cubins; launches.json tells how to launch them.
#   cmake -S . -B build && cmake --build build
cmake_minimum_required(VERSION 3.18)
project(kernels LANGUAGES NONE)
find_program(NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATH_SUFFIXES bin REQUIRED)

set(include ${CMAKE_CURRENT_SOURCE_DIR}/include)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${include}/*)
set(cubins "")
file(GLOB sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS sm_*/*.cu)
foreach(source IN LISTS sources)
  get_filename_component(sm ${source} DIRECTORY)
  get_filename_component(name ${source} NAME_WE)
  set(cubin ${CMAKE_CURRENT_BINARY_DIR}/${sm}/${name}.cubin)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${sm})
  add_custom_command(
    OUTPUT ${cubin}
    COMMAND ${NVCC} -cubin -arch=${sm} -std=c++17 -I${include}
            ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${cubin}
    DEPENDS ${source} ${headers}
    VERBATIM)
  list(APPEND cubins ${cubin})
endforeach()
add_custom_target(cubins ALL DEPENDS ${cubins})
)";

//===-- The table of launches ---------------------------------------------===//

static void writeExtents(llvm::json::OStream &json, llvm::StringRef key,
                         llvm::ArrayRef<codegen::LaunchExtent> extents) {
  json.attributeArray(key, [&] {
    for (const codegen::LaunchExtent &extent : extents)
      json.object([&] {
        if (extent.word >= 0)
          json.attribute("word", extent.word);
        json.attribute("value", extent.value);
      });
  });
}

static void writeMap(llvm::json::OStream &json, const codegen::LaunchMap &map) {
  std::string type;
  llvm::raw_string_ostream(type) << map.type;
  json.object([&] {
    json.attribute("word", map.word);
    json.attribute("type", type);
    writeExtents(json, "dims", map.dims);
    writeExtents(json, "strides", map.strides);
    json.attributeArray("box", [&] {
      for (uint32_t extent : map.box)
        json.value(extent);
    });
    json.attribute("swizzle", map.swizzle);
  });
}

static void writeKernel(llvm::json::OStream &json, llvm::StringRef sm,
                        const cuda::KernelSource &kernel) {
  json.object([&] {
    json.attribute("name", kernel.name);
    json.attribute("source", (sm + "/" + kernel.name + ".cu").str());
    json.attribute("entry", kernel.name);
    json.attribute("threads", kernel.threads);
    json.attribute("shared_bytes", kernel.sharedBytes);
    json.attribute("most_shared_bytes", cuda::findTarget(sm)->sharedBytes);
    json.attribute("registers", kernel.registers);
    json.attributeArray("promises", [&] {
      for (const std::string &promise : kernel.promises)
        json.value(promise);
    });
    json.attributeArray("maps", [&] {
      for (const codegen::LaunchMap &map : kernel.maps)
        writeMap(json, map);
    });
  });
}

static void writeLaunch(llvm::json::OStream &json, const LaunchRecord &launch) {
  auto list = [&](llvm::StringRef key, llvm::ArrayRef<std::string> texts) {
    json.attributeArray(key, [&] {
      for (const std::string &text : texts)
        json.value(text);
    });
  };
  json.object([&] {
    json.attribute("kernel", launch.kernel);
    json.attribute("blocks", launch.items);
    json.attribute("scratch_per_block", launch.scratch);
    json.attribute("flops", launch.flops);
    json.attribute("bytes", launch.bytes);
    json.attribute("schedule", launch.schedule);
    list("nodes", launch.nodes);
    list("operands", launch.operands);
  });
}

static std::string launchTable(llvm::ArrayRef<DeviceSources> devices) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    for (const DeviceSources &device : devices)
      json.attributeObject(device.sm, [&] {
        json.attributeArray("kernels", [&] {
          for (const cuda::KernelSource &kernel : device.kernels)
            writeKernel(json, device.sm, kernel);
        });
        json.attributeArray("launches", [&] {
          for (const LaunchRecord &launch : device.launches)
            writeLaunch(json, launch);
        });
      });
  });
  stream << "\n";
  return text;
}

//===-- The folder --------------------------------------------------------===//

static std::string join(llvm::StringRef folder, const llvm::Twine &name) {
  llvm::SmallString<128> file(folder);
  path::append(file, name);
  return file.str().str();
}

static Error makeFolder(const std::string &folder) {
  std::error_code error = fs::create_directories(folder);
  if (!error)
    return Error::success();
  return llvm::createStringError(error, "cannot create the folder '%s': %s",
                                 folder.c_str(), error.message().c_str());
}

static Error writeDevice(const DeviceSources &device,
                         const std::string &folder) {
  if (Error error = makeFolder(folder))
    return error;
  for (const cuda::KernelSource &kernel : device.kernels)
    if (Error error =
            codegen::writeFile(join(folder, kernel.name + ".cu"), kernel.text))
      return error;
  return Error::success();
}

Error hagane::driver::writeSources(llvm::ArrayRef<DeviceSources> devices,
                                   const std::string &folder) {
  if (Error error = makeFolder(folder))
    return error;
  for (const DeviceSources &device : devices)
    if (Error error = writeDevice(device, join(folder, device.sm)))
      return error;
  if (Error error = cuda::writeDeviceHeaders(join(folder, "include")))
    return error;
  if (Error error = codegen::writeFile(join(folder, "launches.json"),
                                       launchTable(devices)))
    return error;
  return codegen::writeFile(join(folder, "CMakeLists.txt"), kBuild);
}
