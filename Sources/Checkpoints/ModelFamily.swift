public import Basics

/// What the family of a model says about its tensors.
public enum ModelFamily {
  /// Whether its linear layers keep weights as (in, out): GPT-2's Conv1D.
  ///
  /// - Parameter folder: Where its `config.json` lies.
  public static func keepsInputsFirst(folder: String) throws(Diagnostic) -> Bool {
    let file = try JSONFile(path: folder + "/config.json")
    let type = try file.optional("model_type", "a string") { $0.text }
    return type.map { ["gpt2", "imagegpt", "openai-gpt"].contains($0) } ?? false
  }
}
