/** `npm run lab`: real faults between real programs, with known truth. See scripts/lab/. */
import { main } from './lab/command.ts';

await main(process.argv.slice(2));
