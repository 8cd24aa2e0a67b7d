//! Work spread over candle's threads, which spin between the many small pieces of a pass.

use std::sync::Mutex;

use candle_core::utils::barrier_pool;

/// How many threads there are, the caller's included.
pub(super) fn threads() -> usize {
    barrier_pool().n_workers() + 1
}

/// Does `work` for each of the items, on all threads. A thread that is held up leaves its share to
/// the others.
pub(super) fn each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    if items.len() < 2 || threads() == 1 {
        items.into_iter().for_each(work);
        return;
    }
    let items: Vec<Mutex<Option<T>>> = items
        .into_iter()
        .map(|item| Mutex::new(Some(item)))
        .collect();
    barrier_pool().execute_chunked(items.len(), |range| {
        for item in items.get(range).unwrap_or_default() {
            let item = item.lock().ok().and_then(|mut item| item.take());
            if let Some(item) = item {
                work(item);
            }
        }
    });
}
