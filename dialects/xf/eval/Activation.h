//===- Activation.h - Scalar activations ------------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_ACTIVATION_H
#define HAGANE_DIALECTS_XF_EVAL_ACTIVATION_H

#include "dialects/xf/XfAttributes.h"
#include <cmath>

namespace hagane::xf::eval {

// Written so that neither tail overflows into NaN.
inline double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
/// x / (1 + e^-x); 0, its limit, at minus infinity.
inline double silu(double x) {
  return std::isinf(x) && x < 0 ? 0.0 : x * sigmoid(x);
}
inline double softplus(double x) {
  return std::isnan(x)
             ? x
             : std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
inline double gelu(double x) {
  return std::isinf(x) && x < 0 ? 0.0
                                : 0.5 * x * std::erfc(-x * std::sqrt(0.5));
}
inline double geluTanh(double x) {
  if (std::isinf(x))
    return x < 0 ? 0.0 : x;
  double inner =
      std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(inner));
}
inline double reluOf(double x) { return x < 0 ? 0.0 : x; }

inline double (*activationOf(ActivationKind kind))(double) {
  switch (kind) {
  case ActivationKind::identity:
    return [](double x) { return x; };
  case ActivationKind::relu:
    return reluOf;
  case ActivationKind::gelu:
    return gelu;
  case ActivationKind::gelu_tanh:
    return geluTanh;
  case ActivationKind::silu:
    return silu;
  case ActivationKind::sigmoid:
    return sigmoid;
  case ActivationKind::tanh:
    return [](double x) { return std::tanh(x); };
  }
  llvm_unreachable("all kinds are listed");
}

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_ACTIVATION_H
