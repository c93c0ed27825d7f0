// SPDX-License-Identifier: MIT
// The questions to Rust, all in one program:
//
//     bench PEER PROGRAM [VARIANT] COUNT
//
// PEER is tokio, or flume for flume's channels between Tokio's tasks. The other
// arguments, the work and what is printed are those of PROGRAM.c. A question is
// here only where the work is the same: Tokio's own channels have at least one
// slot, so a rendezvous is asked of flume.

mod chan;
mod clock;
mod goroutines;
mod mutex;
mod timer;

use clock::Question;

fn usage() -> ! {
    eprintln!("usage: tokio|flume program [variant] count (see bench/run)");
    std::process::exit(2);
}

async fn ask(peer: &str, program: &str, q: &Question) {
    match (peer, program) {
        ("tokio", "yield") => goroutines::yields(q).await,
        ("tokio", "spawn") => goroutines::spawn(q).await,
        ("tokio", "tree") => goroutines::tree(q).await,
        ("tokio", "mutex") => mutex::ask(q).await,
        ("tokio", "timer") => timer::ask(q).await,
        ("tokio", "chan") => chan::tokio(q).await,
        ("flume", "chan") => chan::flume(q).await,
        ("flume", "pingpong") => chan::pingpong(q).await,
        ("flume", "pool") => chan::pool(q).await,
        ("flume", "skynet") => chan::skynet(q).await,
        _ => usage(),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() < 4 {
        usage();
    }
    let Some(count) = args.last().unwrap().parse().ok().filter(|n| *n > 0)
    else {
        usage()
    };
    let question = Question {
        variant: args[3].clone(),
        count,
    };
    let procs = std::env::var("VINEMAXPROCS");
    let procs = procs.ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(procs)
        .enable_time()
        .build()
        .unwrap()
        .block_on(async move {
            // block_on's own thread isn't one of the workers.
            let (peer, program) = (args[1].clone(), args[2].clone());
            let all = async move { ask(&peer, &program, &question).await };
            tokio::spawn(all).await.unwrap()
        });
}
