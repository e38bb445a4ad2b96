/** Records a page, and what finds one within its page. */
const PAGE_BITS = 13;
export const PAGE_MASK = (1 << PAGE_BITS) - 1;

/**
 * Room for records of so many 32-bit words, by index, in pages instead of one array that doubles: of 3 million SYNs, 130 MB
 * were copies and room that nobody used.
 */
export class RecordPages {
  private readonly pages: RecordPage[] = [];
  private readonly wordsOfRecord: number;

  constructor(wordsOfRecord: number) {
    this.wordsOfRecord = wordsOfRecord;
  }

  /** Indices come nearly in order, so that a page follows a page. */
  pageOf(index: number): RecordPage {
    const { pages } = this;
    const place = index >> PAGE_BITS;
    while (pages.length <= place) pages.push(new RecordPage(this.wordsOfRecord));
    return pages[place] as RecordPage;
  }
}

export class RecordPage {
  readonly words: Int32Array;
  /** The same memory. */
  readonly doubles: Float64Array;

  constructor(wordsOfRecord: number) {
    this.words = new Int32Array((PAGE_MASK + 1) * wordsOfRecord);
    this.doubles = new Float64Array(this.words.buffer);
  }
}
