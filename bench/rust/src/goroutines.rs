// SPDX-License-Identifier: MIT
// yield.c, spawn.c and tree.c with Tokio's tasks.

use crate::clock::{Clock, Question};
use std::future::Future;
use std::pin::Pin;

async fn run_yields(n: usize) {
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..n / 2 {
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for t in tasks {
        t.await.unwrap();
    }
}

pub async fn yields(q: &Question) {
    run_yields(q.count / 10).await;
    let clock = Clock::start();
    run_yields(q.count).await;
    clock.report("yield", q.count);
}

const BATCH: usize = 1000;

async fn run_spawn(n: usize) {
    let mut tasks = Vec::with_capacity(BATCH);
    for _ in 0..n / BATCH {
        tasks.extend((0..BATCH).map(|_| tokio::spawn(async {})));
        for t in tasks.drain(..) {
            t.await.unwrap();
        }
    }
}

pub async fn spawn(q: &Question) {
    let n = q.count / BATCH * BATCH;
    run_spawn(n / 10).await;
    let clock = Clock::start();
    run_spawn(n).await;
    clock.report("spawn", n);
}

const DEPTH: usize = 14;

fn node(depth: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        if depth == 1 {
            return 1;
        }
        let a = tokio::spawn(node(depth - 1));
        let b = tokio::spawn(node(depth - 1));
        1 + a.await.unwrap() + b.await.unwrap()
    })
}

async fn run_tree(n: usize) -> usize {
    let mut sum = 0;
    while sum < n {
        let nodes = tokio::spawn(node(DEPTH)).await.unwrap();
        assert_eq!(nodes, (1 << DEPTH) - 1);
        sum += nodes;
    }
    sum
}

pub async fn tree(q: &Question) {
    run_tree(q.count / 10).await;
    let clock = Clock::start();
    let nodes = run_tree(q.count).await;
    clock.report("tree", nodes);
}
