import Basics
import Experiment
import Language
import Specs
import Testing

/// Words of other programs lead to those of the manifest.
@Suite struct OtherWordsTests {
  @Test(arguments: [
    ("adapter.r=8", "did you mean 'rank'?"), ("adapter.lora_alpha=16", "did you mean 'alpha'?"),
    ("adapter.lora_dropout=0.1", "did you mean 'dropout'?"),
    ("adapter.target_modules=[query]", "did you mean 'targets'?"),
    ("lora_alpha=16", "here that is 'adapter.alpha'"),
    ("training.early_stopping=3", "did you mean 'patience'?"),
    ("training.num_train_epochs=3", "here that is 'budget.passes'"),
    ("training.per_device_train_batch_size=8", "did you mean 'batch_rows'?"),
    ("training.warmup_ratio=0.1", "did you mean 'warmup'?"),
    ("training.max_seq_length=128", "did you mean 'max_tokens'?"),
    ("training.lr=1e-3", "did you mean 'learning_rate'?"), ("seed=1", "did you mean 'seeds'?"),
    ("tasks.fpb.metrics=[f1]", "did you mean 'macro_f1'?"),
    ("tasks.ner.metrics=[f1]", "did you mean 'entity_f1'?"),
    ("tasks.fpb.metrics=[acc]", "did you mean 'accuracy'?"),
    // What is near to a word of the language is taken for it, as before.
    ("adapter.rnak=8", "did you mean 'rank'?"),
  ])
  func `a word of PEFT, the Trainer or scikit-learn leads to ours`(setting: String, hint: String) {
    let message = complaint { _ = try plan(manifestText(), [setting]) }
    #expect(message.hasSuffix("\n  \(hint)") || message.hasSuffix("^ \(hint)"), "\(message)")
  }

  @Test func `every word leads to a setting that there is, and is none itself`() {
    for (word, path) in OtherWords.settings {
      let theirs = complaint { _ = try plan(manifestText(), ["\(word)=x"]) }
      #expect(theirs.contains("error: unknown key '\(word)'\n"), "\(theirs)")
      #expect(theirs.hasSuffix("'\(path)'") || theirs.hasSuffix("did you mean '\(path)'?"), "\(theirs)")
      let ours = complaint { _ = try plan(manifestText(), ["\(path)=x"]) }
      #expect(!ours.contains("unknown key"), "\(ours)")
    }
  }
}
