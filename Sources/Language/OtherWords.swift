internal import Basics

/// What other programs call a thing that has a name of its own here: PEFT, the Hugging Face Trainer, scikit-learn.
///
/// A table, since no distance between letters leads from `num_train_epochs` to `budget.passes`.
package enum OtherWords {
  /// `did you mean 'rank'?` where that is known at the place of the mistake, else where it stands.
  ///
  /// - Parameter words: The words of others; what they stand for is a path in the manifest.
  package static func suggestion(for key: String, among known: [String], _ words: [String: String]) -> String
  {
    guard let path = words[key.lowercased()], meant(by: key, among: known, words) == nil else {
      return meant(by: key, among: known, words).map { "did you mean '\($0)'?" }
        ?? Basics.suggestion(for: key, among: known)
    }
    return "here that is '\(path)'"
  }

  /// The known key that an unknown one seems to mean; nil where none is near.
  package static func meant(by key: String, among known: [String], _ words: [String: String]) -> String? {
    guard let path = words[key.lowercased()], let name = path.split(separator: ".").last.map(String.init)
    else { return nearestName(to: key, among: known) }
    return known.contains(name) ? name : nil
  }

  /// Merge methods by the words of others: papers, mergekit, PEFT, FusionBench.
  package static let methods: [String: String] = [
    "average": "linear", "averaging": "linear", "mean": "linear", "uniform": "linear",
    "weight_average": "linear", "weight_averaging": "linear", "simple_average": "linear",
    "weighted_average": "linear", "model_soup": "linear", "model_soups": "linear", "soup": "linear",
    "uniform_soup": "linear", "isotropic": "iso_c", "iso": "iso_c", "ties_merging": "ties",
    "dare": "dare_linear", "ta": "task_arithmetic", "task_vectors": "task_arithmetic",
    "task_vector": "task_arithmetic", "concatenation": "cat", "concat": "cat", "tsv": "tsv_m",
    "fisher_merging": "fisher", "fisher_weighted": "fisher", "stock": "model_stock",
    "adamerging": "adamerging_layerwise", "lora_hub": "lorahub", "cmaes": "search", "cma_es": "search",
    "evolutionary": "search", "optuna": "search",
  ]

  /// What leads from an unknown merge method to a known one: what is meant, what is near, and where all are listed.
  package static func methodHint(_ word: String, among known: [String]) -> String {
    let folded = word.lowercased().replacing("-", with: "_").replacing(" ", with: "_")
    let name = methods[folded].flatMap { known.contains($0) ? $0 : nil }
    if let name = name ?? nearestName(to: folded, among: known) { return "did you mean '\(name)'?" }
    let parts = folded.split(separator: "_").filter { $0.count > 2 }
    let near = known.filter { name in parts.contains { name.contains($0) } }.prefix(5)
    return (near.isEmpty ? "" : "near are \(near.joined(separator: ", ")); ")
      + "`mixology merge --list` shows all \(known.count)"
  }
}
