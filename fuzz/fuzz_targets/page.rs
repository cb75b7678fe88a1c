//! Any bytes as a page of any list: `cargo +nightly fuzz run page`. The body is what the normal tests run too.
#![no_main]

#[path = "../../crates/kube/tests/hostile/anything.rs"]
mod anything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| anything::judge(bytes));
