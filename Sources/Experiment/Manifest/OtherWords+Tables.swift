internal import Basics
package import Language

extension OtherWords {
  /// Settings of the manifest by the words of others.
  package static let settings: [String: String] = [
    "r": "adapter.rank", "lora_r": "adapter.rank", "lora_rank": "adapter.rank",
    "lora_alpha": "adapter.alpha", "lora_dropout": "adapter.dropout", "use_rslora": "adapter.rslora",
    "target_modules": "adapter.targets",
    "num_train_epochs": "budget.passes", "num_epochs": "budget.passes", "epochs": "budget.passes",
    "max_steps": "budget.steps", "num_steps": "budget.steps",
    "lr": "training.learning_rate", "lr_scheduler_type": "training.schedule",
    "lr_scheduler": "training.schedule",
    "warmup_ratio": "training.warmup", "warmup_steps": "training.warmup",
    "adam_beta1": "training.beta1", "adam_beta2": "training.beta2", "adam_epsilon": "training.epsilon",
    "max_grad_norm": "training.clip", "gradient_clipping": "training.clip",
    "per_device_train_batch_size": "training.batch_rows", "train_batch_size": "training.batch_rows",
    "batch_size": "training.batch_rows",
    "gradient_accumulation_steps": "training.accumulation",
    "max_seq_length": "training.max_tokens", "max_seq_len": "training.max_tokens",
    "max_length": "training.max_tokens",
    "bf16": "training.precision", "fp16": "training.precision", "precision": "training.precision",
    "mixed_precision": "training.precision",
    "eval_steps": "training.validate_every", "early_stopping": "training.patience",
    "early_stopping_patience": "training.patience", "load_best_model_at_end": "training.keep_best",
    "model": "base", "base_model": "base", "model_name_or_path": "base", "base_model_name_or_path": "base",
    "dataset": "tasks", "datasets": "tasks", "seed": "seeds", "random_state": "seeds",
  ]

  /// Metrics by the words of others, the first that suits a task.
  private static let metrics: [String: [String]] = [
    "f1": ["macro_f1", "entity_f1"], "f1_macro": ["macro_f1"], "f1_micro": ["micro_f1"],
    "f1_score": ["macro_f1", "entity_f1"],
    "f1_weighted": ["weighted_f1"], "seqeval": ["entity_f1"], "acc": ["accuracy", "token_accuracy"],
    "mcc": ["matthews"], "matthews_corrcoef": ["matthews"], "matthews_correlation": ["matthews"],
    "pearsonr": ["pearson"], "spearmanr": ["spearman"], "mean_squared_error": ["mse"],
    "r2_score": ["r2"], "rmse": ["mse"],
  ]

  /// The metric that is meant, of those that suit a task.
  package static func metric(_ word: String, among suited: [String]) -> String? {
    metrics[word.lowercased()]?.first(where: suited.contains)
  }
}
