// SPDX-License-Identifier: MIT
// timer.c's sleepers with Tokio's timers, which are exact to 1 ms.

use crate::clock::{Clock, Question};
use std::time::Duration;

const PERIODIC: usize = 10_000;

async fn run(sleepers: usize, ms: u64, times: usize) {
    let all: Vec<_> = (0..sleepers)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..times {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                }
            })
        })
        .collect();
    for t in all {
        t.await.unwrap();
    }
}

pub async fn ask(q: &Question) {
    if q.variant == "periodic" {
        let times = q.count.div_ceil(PERIODIC);
        let clock = Clock::of(true);
        run(PERIODIC, 10, times).await;
        clock.report("periodic", times * PERIODIC);
    } else {
        let clock = Clock::start();
        run(q.count, 100, 1).await;
        clock.report("sleepers", q.count);
    }
}
