// A browser starts no worker for a page opened from a folder, so the search would not run there.
// This runs the same script in a hidden frame instead; from a web server, nothing here happens.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(address) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.documentElement.append(this.frame);
      this.inside = this.frame.contentWindow;
      this.inside.postMessage = (data) => this.later(() => this.onmessage?.({ data }));
      const script = this.inside.document.createElement("script");
      script.src = new URL(address, location.href).href;
      this.loaded = new Promise((loaded) => (script.onload = loaded));
      script.onerror = (event) => this.onerror?.(event);
      this.inside.document.head.append(script);
    }

    // Never at once: a real worker answers after whatever asked it is done.
    later(task) {
      setTimeout(() => this.frame.isConnected && task(), 0);
    }

    postMessage(data) {
      this.loaded.then(() => this.later(() => this.inside.onmessage({ data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
