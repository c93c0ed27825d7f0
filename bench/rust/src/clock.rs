// SPDX-License-Identifier: MIT
// What all questions share; see bench.h.

pub struct Question {
    pub variant: String,
    pub count: usize,
}

fn clock(id: libc::clockid_t) -> i64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(id, &mut t) };
    t.tv_sec * 1_000_000_000 + t.tv_nsec
}

fn switches() -> i64 {
    unsafe {
        let mut r: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut r);
        r.ru_nvcsw
    }
}

pub struct Clock {
    id: libc::clockid_t,
    start: i64,
    switches: i64,
}

impl Clock {
    // Wall time, or with BENCH_CLOCK=cpu processor time.
    pub fn start() -> Clock {
        let is_cpu = std::env::var("BENCH_CLOCK").is_ok_and(|s| s == "cpu");
        Clock::of(is_cpu)
    }

    pub fn of(is_cpu: bool) -> Clock {
        let id = if is_cpu {
            libc::CLOCK_PROCESS_CPUTIME_ID
        } else {
            libc::CLOCK_MONOTONIC
        };
        Clock {
            id,
            start: clock(id),
            switches: switches(),
        }
    }

    pub fn report(&self, name: &str, ops: usize) {
        let ns = clock(self.id) - self.start;
        println!("{} {:.4}", name, ns as f64 / ops as f64);
        let n = switches() - self.switches;
        println!("switches {:.6}", n as f64 / ops as f64);
    }
}

// Work without memory; see work.h.
pub fn work(mut x: u64, n: usize) -> u64 {
    for _ in 0..n {
        x = x.wrapping_mul(x).wrapping_add(1442695040888963407);
    }
    x
}
