#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Drive every command of the running module from kmod/uapi/flannel.yaml, with
the kernel's own YNL client: what the spec says is what the module does.

  client.py --list                  the names of the tests
  client.py PYYNL SPEC SCHEMA       run them, print KTAP
"""
import subprocess
import sys

VTEP = {'via': '192.0.2.7', 'lladdr': '02:00:00:00:00:07', 'encap': 'vxlan'}
SIX = '2001:db8::7'
DEV = 'ynl0'

used = set()


class Client:
    """The family, noting which commands have been used."""

    def __init__(self, connect, error, ifindex):
        self.connect = connect
        self.family = connect()
        self.error = error
        self.ifindex = ifindex

    def listen(self, group):
        # A socket that has sent cannot subscribe any more.
        listener = self.connect()
        listener.ntf_subscribe(group)
        return listener

    def do(self, name, **attrs):
        used.add(name)
        return self.family.do(name, {'ifindex': self.ifindex, **attrs})

    def dump(self, name, **attrs):
        used.add(name)
        return self.family.dump(name, {'ifindex': self.ifindex, **attrs})

    def refused(self, text, name, **attrs):
        try:
            self.do(name, **attrs)
        except self.error as refusal:
            message = str(refusal)
            assert text in message, f'{name}: no "{text}" in: {message}'
            return
        raise AssertionError(f'{name} {attrs}: not refused')


def subnet(prefix, length, **value):
    return {'prefix': prefix, 'prefix-len': length, **value}


def test_subnet_new(c):
    reply = c.do('subnet-new', subnet=[
        subnet('10.1.0.0', 24, **VTEP, owner='ynl', generation=1),
        subnet('10.1.2.0', 24, **VTEP, owner='ynl', generation=2),
        subnet('10.2.0.0', 16, local=True),
        subnet('fd00:1::', 64, via=SIX, lladdr=VTEP['lladdr'],
               src=['2001:db8::8', '2001:db8::9']),
    ])
    assert reply == {'added': 4, 'changed': 0, 'unchanged': 0}, reply
    reply = c.do('subnet-new', subnet=[subnet('10.2.0.0', 16, **VTEP)])
    assert reply == {'added': 0, 'changed': 1, 'unchanged': 0}, reply
    c.refused('exists', 'subnet-new', excl=True,
              subnet=[subnet('10.2.0.0', 16, local=True)])


def test_subnet_get(c):
    reply = c.do('subnet-get', address='10.1.2.3')['subnet']
    assert reply == [subnet('10.1.2.0', 24, **VTEP, owner='ynl',
                            generation=2)], reply
    reply = c.do('subnet-get', address='fd00:1::5')['subnet'][0]
    assert reply['src'] == ['2001:db8::8', '2001:db8::9'], reply
    c.refused('no entry', 'subnet-get', address='10.9.0.1')


def test_subnet_dump(c):
    found = [r['subnet'][0]['prefix'] for r in c.dump('subnet-get')]
    assert found == ['10.1.0.0', '10.1.2.0', '10.2.0.0', 'fd00:1::'], found
    found = [r['subnet'][0]['prefix']
             for r in c.dump('subnet-get', owner='ynl')]
    assert found == ['10.1.0.0', '10.1.2.0'], found


def test_vtep_get(c):
    reply = c.do('vtep-get', address=VTEP['via'])['vtep']
    assert reply['subnets'] == 3 and reply['tx-packets'] == 0, reply
    assert reply['lladdr'] == VTEP['lladdr'], reply


def test_vtep_dump(c):
    found = [r['vtep']['via'] for r in c.dump('vtep-get')]
    assert found == [VTEP['via'], SIX], found


def test_stats_get(c):
    reply = c.do('stats-get')
    assert reply['subnets'] == 4 and reply['vteps'] == 2, reply
    assert 'rx-owner' in [d['reason'] for d in reply['drop']], reply
    assert c.dump('stats-get')[0]['max-subnets'] == reply['max-subnets']


def test_events(c):
    listener = c.listen('subnet')
    c.do('subnet-new', subnet=[subnet('10.3.0.0', 24, **VTEP)])
    c.do('subnet-del', subnet=[subnet('10.3.0.0', 24)])
    names = []
    for event in listener.poll_ntf(duration=30):
        names.append(event['name'])
        assert event['msg']['subnet'][0]['prefix'] == '10.3.0.0', event
        if len(names) == 2:
            break
    assert names == ['subnet-new-ntf', 'subnet-del-ntf'], names
    used.update(names)


def test_misses(c):
    listener = c.listen('miss')
    for words in (f'link set {DEV} up', f'address add 10.99.1.0/32 dev {DEV}',
                  f'route add 10.99.0.0/16 via 169.254.1.1 dev {DEV} onlink'):
        subprocess.run(['ip', *words.split()], check=True)
    subprocess.run(['ping', '-c', '1', '-W', '1', '10.99.0.7'], check=False,
                   stdout=subprocess.DEVNULL)
    event = next(listener.poll_ntf(duration=30), None)
    assert event and event['name'] == 'miss-ntf', event
    assert event['msg']['address'] == '10.99.0.7', event
    used.add('miss-ntf')


def test_subnet_sweep(c):
    reply = c.do('subnet-sweep', owner='ynl', generation=2)
    assert reply == {'removed': 1}, reply


def test_subnet_flush(c):
    assert c.do('subnet-flush', owner='ynl') == {'removed': 1}
    assert c.do('subnet-flush') == {'removed': 2}


def test_subnet_del(c):
    c.do('subnet-new', subnet=[subnet('10.4.0.0', 24, local=True)])
    reply = c.do('subnet-del', subnet=[subnet('10.4.0.0', 24)])
    assert reply == {'removed': 1}, reply
    c.refused('no such subnet', 'subnet-del', subnet=[subnet('10.4.0.0', 24)])


def test_all_commands(c):
    """Nothing in the spec has gone unused."""
    missing = set(c.family.msgs) - used
    assert not missing, f'never used: {missing}'


TESTS = [test_subnet_new, test_subnet_get, test_subnet_dump, test_vtep_get,
         test_vtep_dump, test_stats_get, test_events, test_misses,
         test_subnet_sweep, test_subnet_flush, test_subnet_del,
         test_all_commands]


def name_of(test):
    return 'ynl.' + test.__name__.removeprefix('test_')


def main():
    if sys.argv[1:] == ['--list']:
        print('\n'.join(name_of(test) for test in TESTS))
        return 0

    pyynl, spec, schema = sys.argv[1:]
    sys.path.insert(0, pyynl)
    from lib import NlError, YnlFamily

    subprocess.run(['ip', 'link', 'add', DEV, 'type', 'flannel'], check=True)
    with open(f'/sys/class/net/{DEV}/ifindex', encoding='ascii') as f:
        ifindex = int(f.read())
    client = Client(lambda: YnlFamily(spec, schema), NlError, ifindex)

    failed = 0
    print('KTAP version 1')
    print(f'1..{len(TESTS)}')
    for n, test in enumerate(TESTS, 1):
        try:
            test(client)
            result = 'ok'
        except Exception as error:  # any of them is that test's failure
            print(f'# {type(error).__name__}: {error}')
            result = 'not ok'
            failed = 1
        print(f'{result} {n} {name_of(test)}', flush=True)
    subprocess.run(['ip', 'link', 'del', DEV], check=True)
    return failed


if __name__ == '__main__':
    sys.exit(main())
