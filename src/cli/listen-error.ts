/** Why an address cannot be listened on, and what to do, to stand behind a colon; `option` is what named it. */
export function listenError({ code, message }: NodeJS.ErrnoException, option: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens there. Choose another port with ${option}.`;
    case 'EACCES':
      return `ports below 1024 are for root. Choose a higher one with ${option}.`;
    case 'EADDRNOTAVAIL':
      return "no interface of this machine has that address. 'sshfate interfaces' shows their addresses.";
    default:
      return `${message}. Choose another address with ${option}.`;
  }
}
