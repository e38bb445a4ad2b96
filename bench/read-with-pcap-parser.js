// Counts the packets of a capture with pcap-parser: what any tool built on it takes at the least.
import pcapParser from 'pcap-parser';

let packets = 0;
pcapParser
  .parse(process.argv[2])
  .on('packet', () => {
    packets++;
  })
  .on('end', () => {
    console.log(packets);
  });
