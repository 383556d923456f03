// RUN: hagane-opt %s --hagane-choose-precision=factors=bf17 --verify-diagnostics

// expected-error@below {{unknown precision 'bf17', expected model, bf16 or f16}}
module {
}
