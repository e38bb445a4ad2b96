#!/usr/bin/env node
// Bundled, because loading a hundred modules one by one takes longer than judging a small capture.
import '../dist/cli/main.js';
