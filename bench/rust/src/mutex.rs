// SPDX-License-Identifier: MIT
// mutex.c with Tokio's mutex, which parks tasks as Vine's parks goroutines.

use crate::clock::{work, Clock, Question};
use std::sync::Arc;
use tokio::sync::Mutex;

async fn locker(m: Arc<Mutex<usize>>, n: usize) {
    for _ in 0..n {
        *m.lock().await += 1;
    }
}

async fn worker(m: Arc<Mutex<usize>>, n: usize) {
    let mut x = n as u64;
    for _ in 0..n {
        {
            let mut counter = m.lock().await;
            x = work(x, 50);
            *counter += 1;
        }
        x = work(x, 200);
    }
    assert_ne!(x, 0); // keeps the work
}

async fn run(variant: &str, tasks: usize, n: usize) {
    let m = Arc::new(Mutex::new(0));
    let all: Vec<_> = (0..tasks)
        .map(|_| {
            if variant == "work" {
                tokio::spawn(worker(m.clone(), n / tasks))
            } else {
                tokio::spawn(locker(m.clone(), n / tasks))
            }
        })
        .collect();
    for t in all {
        t.await.unwrap();
    }
    assert_eq!(*m.lock().await, n / tasks * tasks);
}

pub async fn ask(q: &Question) {
    let tasks = match q.variant.as_str() {
        "work" => 64,
        "contended" => 8,
        _ => 1,
    };
    run(&q.variant, tasks, q.count / 10).await;
    let clock = Clock::start();
    run(&q.variant, tasks, q.count).await;
    clock.report(&q.variant, q.count);
}
