; The context switch: nothing but registers that a C function must preserve [SysV i386 2.2].
;
;       eax  where to save the stack pointer         edx  stack pointer to load
;
; stack_prepare() (stack.c) builds the same picture by hand.  Floor 1.

        global  switch_stacks

        section .text

; void switch_stacks(uint32_t *save, uint32_t load)
switch_stacks:
        mov     eax, [esp + 4]
        mov     edx, [esp + 8]
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

        section .note.GNU-stack noalloc noexec nowrite  ; no executable stack wanted
