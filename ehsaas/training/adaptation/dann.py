"""DANN: embeddings that do not show the corpus (Ganin et al. 2016), by gradient reversal.

The adversarial method of CLAF-SER (METHODS.md B) with the target as one more corpus: a classifier
reads the corpus from the embedding, and what reaches the network is −α of its gradient. All
features.
"""

from ehsaas.training import adversarial
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.adversarial import Adversary, Against


def adapt(task: Task) -> Adapted:
    """A network of the source behind an adversary that reads the corpus, the target's included."""
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    corpora = int(max(given.labelled.corpus.max(), given.target.corpus.max())) + 1
    against = [Against("corpus", corpora)]
    sizes = adversarial.sizes(network, against, given.labelled)
    adversary = Adversary(network, against, sizes, seed=task.settings.seed)
    neural.train(task, given, adversary, *neural.hiding(adversary, against))
    return neural.finished(task, given, network, "a network that hides the corpus")
