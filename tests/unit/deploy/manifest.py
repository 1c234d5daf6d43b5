#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The manifest is what flannel's is: names, rights, mounts, entry points.

    manifest.py FILE: prints a line "ok|no NUMBER - TEXT" for each check
"""
import json
import sys

import yaml

checks = []


def check(text, passed):
    checks.append(text)
    print("ok" if passed else "no", len(checks), "-", text)


def mounts(container):
    return {m["mountPath"].rstrip("/"): m["name"]
            for m in container["volumeMounts"]}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    objects = {o["kind"]: o for o in yaml.safe_load_all(text)}

    check("the objects of flannel's manifest",
          set(objects) == {"Namespace", "ServiceAccount", "ClusterRole",
                           "ClusterRoleBinding", "ConfigMap", "DaemonSet"})
    check("under flannel's names",
          {k: o["metadata"]["name"] for k, o in objects.items()} == {
              "Namespace": "kube-flannel", "ServiceAccount": "flannel",
              "ClusterRole": "flannel", "ClusterRoleBinding": "flannel",
              "ConfigMap": "kube-flannel-cfg",
              "DaemonSet": "kube-flannel-ds"})

    rules = {(r["resources"][0], v) for r in objects["ClusterRole"]["rules"]
             for v in r["verbs"]}
    check("no more rights than it uses",
          rules == {("pods", "get"), ("nodes", "get"), ("nodes", "list"),
                    ("nodes", "watch"), ("nodes/status", "patch")})
    subject = objects["ClusterRoleBinding"]["subjects"][0]
    check("they are the service account's",
          (subject["name"], subject["namespace"]) ==
          ("flannel", "kube-flannel"))

    data = objects["ConfigMap"]["data"]
    check("both files of the config are JSON",
          all(json.loads(v) for v in data.values()) and
          set(data) == {"cni-conf.json", "net-conf.json"})
    check("the network config is one that works",
          json.loads(data["net-conf.json"])["Backend"]["Type"] == "vxlan" and
          "Network" in json.loads(data["net-conf.json"]))

    daemon_set = objects["DaemonSet"]
    pod = daemon_set["spec"]["template"]["spec"]
    labels = daemon_set["spec"]["template"]["metadata"]["labels"]
    check("the selector selects its pods",
          daemon_set["spec"]["selector"]["matchLabels"].items() <=
          labels.items())
    check("it runs in the host's network, on every Linux node",
          pod["hostNetwork"] and pod["tolerations"] ==
          [{"operator": "Exists", "effect": "NoSchedule"}])

    agent = pod["containers"][0]
    init = {c["name"]: c for c in pod["initContainers"]}
    volumes = {v["name"] for v in pod["volumes"]}
    everybody = pod["containers"] + pod["initContainers"]
    check("flannel's entry point and flags",
          agent["command"] == ["/opt/bin/flanneld"] and
          agent["args"][:2] == ["--ip-masq", "--kube-subnet-mgr"])
    check("flannel's steps before it",
          init["install-cni"]["args"][1:] ==
          ["/etc/kube-flannel/cni-conf.json",
           "/etc/cni/net.d/10-flannel.conflist"] and
          init["install-cni-plugin"]["args"][1:] ==
          ["/flannel", "/opt/cni/bin/flannel"])
    check("every mount has its volume",
          all(name in volumes for c in everybody for name in
              mounts(c).values()))
    check("the agent sees what it needs",
          set(mounts(agent)) == {"/run/flannel", "/etc/kube-flannel",
                                 "/run/xtables.lock"})

    def caps(container):
        caps = container["securityContext"]["capabilities"]
        return caps["drop"], caps["add"]

    check("the agent cannot load modules, the step before it nothing else",
          caps(agent) == (["ALL"], ["NET_ADMIN", "NET_RAW"]) and
          caps(init["load-module"]) == (["ALL"], ["SYS_MODULE"]))
    probes = {p: agent[p]["httpGet"] for p in ("livenessProbe",
                                               "readinessProbe")}
    port = {p["name"]: p["containerPort"] for p in agent["ports"]}
    check("probes ask the port that is served",
          probes["livenessProbe"]["path"] == "/healthz" and
          probes["readinessProbe"]["path"] == "/readyz" and
          all("--healthz-port=%d" % port[p["port"]] in agent["args"]
              for p in probes.values()))
    check("no image says which registry it comes from",
          all("/" not in c["image"] for c in everybody))


main()
