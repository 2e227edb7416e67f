/** Does `work` with every item: each worker takes the next one as soon as it is free. */
export async function inParallel(workers, items, work) {
  const queue = [...items];
  const run = async (worker) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(worker, item);
  };
  await Promise.all(workers.map(run));
}
