// SPDX-License-Identifier: MIT
// chan.c, pingpong.c, pool.c and skynet.c: channels between Tokio's tasks.

use crate::clock::{work, Clock, Question};
use flume::{Receiver, Sender};
use std::future::Future;
use std::pin::Pin;
use tokio::task::JoinHandle;

const SLOTS: usize = 128;

async fn join(tasks: Vec<JoinHandle<()>>) {
    for t in tasks {
        t.await.unwrap();
    }
}

async fn run_tokio(n: usize) {
    let (tx, mut rx) = tokio::sync::mpsc::channel(SLOTS);
    let producer = tokio::spawn(async move {
        for i in 0..n {
            tx.send(i).await.unwrap();
        }
    });
    let consumer = tokio::spawn(async move {
        for _ in 0..n {
            rx.recv().await.unwrap();
        }
    });
    join(vec![producer, consumer]).await;
}

// One consumer only: that is what Tokio has.
pub async fn tokio(q: &Question) {
    assert_eq!(q.variant, "buffered");
    run_tokio(q.count / 10).await;
    let clock = Clock::start();
    run_tokio(q.count).await;
    clock.report(&q.variant, q.count);
}

async fn run_flume(pairs: usize, n: usize) {
    let (tx, rx) = flume::bounded(SLOTS);
    let mut tasks = Vec::new();
    for _ in 0..pairs {
        let (tx, rx) = (tx.clone(), rx.clone());
        tasks.push(tokio::spawn(async move {
            for i in 0..n / pairs {
                tx.send_async(i).await.unwrap();
            }
        }));
        tasks.push(tokio::spawn(async move {
            for _ in 0..n / pairs {
                rx.recv_async().await.unwrap();
            }
        }));
    }
    join(tasks).await;
}

pub async fn flume(q: &Question) {
    let pairs = if q.variant == "contended" { 8 } else { 1 };
    run_flume(pairs, q.count / 10).await;
    let clock = Clock::start();
    run_flume(pairs, q.count).await;
    clock.report(&q.variant, q.count);
}

async fn echo(ping: Receiver<usize>, pong: Sender<usize>, n: usize) {
    for _ in 0..n {
        let i = ping.recv_async().await.unwrap();
        pong.send_async(i).await.unwrap();
    }
}

async fn player(n: usize) {
    let (ping, other_ping) = flume::bounded(0);
    let (other_pong, pong) = flume::bounded(0);
    let other = tokio::spawn(echo(other_ping, other_pong, n));
    for i in 0..n {
        ping.send_async(i).await.unwrap();
        assert_eq!(pong.recv_async().await.unwrap(), i);
    }
    other.await.unwrap();
}

async fn run_pingpong(pairs: usize, n: usize) {
    let players = (0..pairs).map(|_| tokio::spawn(player(n / pairs)));
    join(players.collect()).await;
}

pub async fn pingpong(q: &Question) {
    let pairs = q.variant.parse().unwrap();
    run_pingpong(pairs, q.count / 10).await;
    let clock = Clock::start();
    run_pingpong(pairs, q.count).await;
    clock.report("pingpong", q.count);
}

const WORKERS: usize = 16;

async fn worker(items: Receiver<u64>, results: Sender<u64>) {
    while let Ok(item) = items.recv_async().await {
        results.send_async(work(item, 200)).await.unwrap();
    }
}

async fn run_pool(items: &Sender<u64>, results: &Receiver<u64>, n: usize) {
    let items = items.clone();
    let producer = tokio::spawn(async move {
        for i in 0..n as u64 {
            items.send_async(i).await.unwrap();
        }
    });
    let mut sum = 0u64;
    for _ in 0..n {
        sum = sum.wrapping_add(results.recv_async().await.unwrap());
    }
    std::hint::black_box(sum);
    producer.await.unwrap();
}

pub async fn pool(q: &Question) {
    let (items, to_do) = flume::bounded(SLOTS);
    let (done, results) = flume::bounded(SLOTS);
    let workers = (0..WORKERS)
        .map(|_| tokio::spawn(worker(to_do.clone(), done.clone())))
        .collect();
    run_pool(&items, &results, q.count / 10).await;
    let clock = Clock::start();
    run_pool(&items, &results, q.count).await;
    clock.report("pool", q.count);
    drop(items);
    join(workers).await;
}

type Node = Pin<Box<dyn Future<Output = ()> + Send>>;

fn node(up: Sender<usize>, num: usize, size: usize) -> Node {
    Box::pin(async move {
        if size == 1 {
            up.send_async(num).await.unwrap();
            return;
        }
        let (tx, rx) = flume::bounded(0);
        for i in 0..10 {
            let below = size / 10;
            tokio::spawn(node(tx.clone(), num + i * below, below));
        }
        let mut sum = 0;
        for _ in 0..10 {
            sum += rx.recv_async().await.unwrap();
        }
        up.send_async(sum).await.unwrap();
    })
}

pub async fn skynet(q: &Question) {
    let n = q.count;
    let clock = Clock::start();
    let (tx, rx) = flume::bounded(0);
    tokio::spawn(node(tx, 0, n));
    assert_eq!(rx.recv_async().await.unwrap(), n * (n - 1) / 2);
    clock.report("skynet", n);
}
