// Work on many things, a few of them at a time.

/** Nothing is begun after the first failure, which is thrown; what is under way then ends by itself. */
export async function atOnce<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  let isOver = false;
  const takeNext = async () => {
    for (const [index, item] of left) {
      if (isOver) return;
      await work(item, index);
    }
  };
  try {
    await Promise.all(Array.from({ length: most }, takeNext));
  } finally {
    isOver = true;
  }
}
