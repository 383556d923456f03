// RUN: hagane-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{(L1) expects one of gemm, conv, attention, rows, map, reduce, window, gather, write, got 'task'}}
kernel.schedule_for "task" use #kernel.rows_schedule<item_rows = 4, vector = 16>

// -----

// expected-error @below {{(L2) expects sizes rows, columns of a map, got 'm'}}
kernel.schedule_for "map" where {m = 4} use #kernel.loop_schedule<item_size = 4, vector = 16>

// -----

// expected-error @below {{(L2) expects size rows to be a number, a range [least, most] or #xf.dim<...>, got [5, 4]}}
kernel.schedule_for "map" where {rows = [5, 4]} use #kernel.loop_schedule<item_size = 4, vector = 16>

// -----

// expected-error @below {{(L2) expects size rows to be a number, a range [least, most] or #xf.dim<...>, got -1 : i64}}
kernel.schedule_for "map" where {rows = -1} use #kernel.loop_schedule<item_size = 4, vector = 16>

// -----

// expected-error @below {{(L3) expects a schedule of a map, got #kernel.rows_schedule<item_rows = 4, vector = 16>}}
kernel.schedule_for "map" use #kernel.rows_schedule<item_rows = 4, vector = 16>

// -----

// expected-error @below {{(L4) expects a pattern of levels, got 'x86-64-v[4'}}
kernel.schedule_for "map" on "x86-64-v[4" use #kernel.loop_schedule<item_size = 4, vector = 16>
