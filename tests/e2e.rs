//! The binary against the local EKS: an emulated account over HTTP, real API servers over TLS.
//!
//! One local EKS per entry of `SEEDS`, started when one of its tests is wanted and stopped when the last has run. Tests of a seed
//! run one after the other, because faults are switched for everybody; two seeds run at a time. Arguments are parts of
//! names of tests to run.

#[path = "e2e/add_ons.rs"]
mod add_ons;
#[path = "e2e/expected.rs"]
mod expected;
#[path = "e2e/faults.rs"]
mod faults;
#[path = "e2e/local_eks.rs"]
mod local_eks;
#[path = "e2e/planted.rs"]
mod planted;
#[path = "e2e/pod_security.rs"]
mod pod_security;
#[path = "e2e/safety.rs"]
mod safety;

use std::{
    env, iter,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::Mutex,
    thread,
    time::Instant,
};

use local_eks::LocalEks;

type Test = (&'static str, fn(&LocalEks));

/// A seed, and what runs on it.
struct Seed {
    name: &'static str,
    files: Files,
    kubernetes: bool,
    tests: &'static [&'static [Test]],
}

/// Where a seed comes from.
enum Files {
    /// A folder of `localstack/seeds`.
    Kept(&'static str),
    /// What `scripts/local-eks` writes with these arguments.
    Made(&'static [&'static str]),
}

/// As they are taken, the longest first.
static SEEDS: [Seed; 7] = [
    Seed {
        name: "careless",
        files: Files::Kept("careless"),
        kubernetes: true,
        tests: &[expected::CARELESS, safety::TESTS, faults::AWS],
    },
    Seed {
        name: "careless-api-servers",
        files: Files::Kept("careless"),
        kubernetes: true,
        tests: &[faults::KUBERNETES],
    },
    Seed {
        name: "careful",
        files: Files::Kept("careful"),
        kubernetes: true,
        tests: &[expected::CAREFUL],
    },
    fleet("fleet", &["fleet", "--number", "7"]),
    fleet(
        "fleet-in-china",
        &["fleet", "--number", "5", "--clusters", "2", "--partition", "aws-cn"],
    ),
    fleet(
        "fleet-in-govcloud",
        &["fleet", "--number", "6", "--clusters", "2", "--partition", "aws-us-gov"],
    ),
    Seed {
        name: "population",
        files: Files::Made(&["population", "--number", "3", "--pods", "300", "--owners", "60"]),
        kubernetes: true,
        tests: &[planted::POPULATION],
    },
];

const fn fleet(name: &'static str, made: &'static [&'static str]) -> Seed {
    Seed { name, files: Files::Made(made), kubernetes: false, tests: &[planted::FLEET] }
}

/// Needs no seed.
const ALONE: [(&str, fn()); 2] = [
    ("the_api_server_judges_pods_alike", pod_security::the_api_server_judges_pods_alike),
    (
        "add_ons_are_not_blamed_for_what_they_need",
        add_ons::add_ons_are_not_blamed_for_what_they_need,
    ),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|it| name.contains(it.as_str()));
    let results: Mutex<Vec<(&str, bool)>> = Mutex::default();
    let run = |place: &str, name: &'static str, test: &dyn Fn()| {
        let start = Instant::now();
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        let verdict = if passed { "ok" } else { "FAILED" };
        println!("test {place}: {name} ... {verdict} ({:.1} s)", start.elapsed().as_secs_f32());
        results.lock().unwrap().push((name, passed));
    };
    let on = |seed: &Seed| {
        let tests = seed.tests.iter().flat_map(|it| it.iter()).filter(|(name, _)| is_wanted(name));
        let mut tests = tests.copied().peekable();
        if tests.peek().is_none() {
            return;
        }
        let local_eks = LocalEks::start(seed);
        for (name, test) in tests {
            local_eks.reset();
            run(seed.name, name, &|| test(&local_eks));
        }
    };
    let seeds = Mutex::new(SEEDS.iter());
    let next = || seeds.lock().unwrap().next();
    let work = || iter::from_fn(next).for_each(on);
    thread::scope(|scope| {
        scope.spawn(work);
        for (name, test) in ALONE.iter().filter(|it| is_wanted(it.0)) {
            run("alone", name, test);
        }
        work();
    });
    let results = results.into_inner().unwrap();
    let failed: Vec<&str> = results.iter().filter(|it| !it.1).map(|it| it.0).collect();
    let passed = results.len() - failed.len();
    println!("\ntest result: {passed} passed, {} failed {failed:?}", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
