// RUN: hagane-opt %s --hagane-choose-precision=factors=bf17 --verify-diagnostics

// expected-error@below {{unknown precision 'bf17', expected model or bf16}}
module {
}
