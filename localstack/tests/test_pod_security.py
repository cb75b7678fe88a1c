"""What the Pod Security comparison rests on: the same pods every time, and reasons that are read right."""

import unittest

from pod_security.__main__ import reasons
from pod_security.pods import generate


class PodSecurityTest(unittest.TestCase):
    def test_the_same_seed_makes_the_same_pods(self) -> None:
        self.assertEqual(generate(1, 50), generate(1, 50))
        self.assertNotEqual(generate(1, 50), generate(2, 50))

    def test_reasons_stand_outside_of_parentheses(self) -> None:
        said = 'host namespaces (hostNetwork=true, hostPID=true), privileged (container "a" must not), runAsUser=0 (pod, it)'
        self.assertEqual(reasons(said), ["host namespaces", "privileged", "runAsUser=0"])
        self.assertEqual(reasons("privileged"), ["privileged"])
