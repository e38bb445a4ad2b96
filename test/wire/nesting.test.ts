import { describe, expect, it } from 'vitest';
import { MAX_NESTINGS, type Nesting, NestingTree } from '../../src/wire/nesting.ts';

describe('nestings', () => {
  it('that are equal are one object', () => {
    const { root } = new NestingTree();
    const one = root.inside('vlan', 42).inside('gre');
    root.inside('vlan', 43).inside('gre');
    expect(root.inside('vlan', 42).inside('gre')).toBe(one);
    expect(one.names).toEqual(['vlan 42', 'gre']);
    expect(root.inside('vlan', 43).inside('gre').names).toEqual(['vlan 43', 'gre']);
    expect(root.inside('gre', 42).names).toEqual(['gre 42']);
  });

  it('are forgotten when there are too many', () => {
    const tree = new NestingTree();
    const first = tree.root.inside('vxlan', 0);
    for (let network = 1; network < MAX_NESTINGS - 1; network += 1) tree.root.inside('vxlan', network);
    expect(tree.root.inside('vxlan', 0)).toBe(first);
    const old: Nesting = tree.root;
    tree.root.inside('vxlan', MAX_NESTINGS);
    expect(tree.root).not.toBe(old);
    expect(tree.root.inside('vxlan', 0).names).toEqual(['vxlan 0']);
    expect(first.names).toEqual(['vxlan 0']);
  });
});
